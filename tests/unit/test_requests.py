"""Inputs of the machines: what is wrong is named, with a way out, and never with anybody's data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from poolsafe import bootstrap
from poolsafe.domain.configuration.override import Override
from poolsafe.domain.requests import AssessRequest, BackupRequest, RestoreRequest
from poolsafe.domain.restore.create_pool import CreatePool
from poolsafe.domain.restore.credentials import Credential, Fallback
from poolsafe.domain.restore.scope import PEOPLE, Scope
from poolsafe.domain.restore.wishes import Federated, OnConflict, Wishes
from poolsafe.domain.snapshot import SnapshotRef
from poolsafe.errors import InvalidRequest
from poolsafe.schema_check import require

BACKUP = {"user_pool_id": "us-east-1_AbCdEfGhI"}
RESTORE = {"snapshot": "us-east-1_AbCdEfGhI/latest", "target_user_pool_id": "us-east-1_Target"}
SCHEMAS = Path(__file__).parents[2] / "schemas"
REGIONS = frozenset({"us-east-1", "eu-central-1", "us-gov-west-1"})


def created(pool: Any = None, **more: Any) -> dict[str, Any]:
    """A restore that makes its pool."""
    return {"snapshot": RESTORE["snapshot"], "create_pool": {"pool_name": "shop", **more} if pool is None else pool}


def overridden(**settings: Any) -> dict[str, Any]:
    return created(override=settings)


def check(machine: str, document: Any) -> BackupRequest | RestoreRequest:
    """What the first state of a machine does with its input."""
    require(f"{machine}.request", document)
    return (BackupRequest if machine == "backup" else RestoreRequest).of(document, REGIONS)


def schema_of(machine: str) -> Any:
    return json.loads((SCHEMAS / f"{machine}.request.json").read_text("utf-8"))


def refusal(machine: str, document: Any) -> str:
    with pytest.raises(InvalidRequest) as refused:
        check(machine, document)
    return str(refused.value)


def test_a_backup_needs_nothing_but_a_pool() -> None:
    assert check("backup", BACKUP) == BackupRequest("us-east-1_AbCdEfGhI", "parquet", (), 0.5, "auto", "keep", None)


def test_a_restore_needs_nothing_but_a_snapshot_and_a_target() -> None:
    request = check("restore", RESTORE)
    assert isinstance(request, RestoreRequest)
    assert request == RestoreRequest(
        snapshot=SnapshotRef("us-east-1_AbCdEfGhI", "latest"),
        target_user_pool_id="us-east-1_Target",
        role_map={},
        provider_map={},
        scope=Scope(PEOPLE, None, None),
        credentials=Credential.RESET,
        credentials_fallback=Fallback.TEMPORARY,
        send_messages=False,
        on_conflict=OnConflict.SKIP,
        sub_attribute="custom:original_sub",
        sub_attribute_given=False,
        federated_users=Federated.DEFER,
        max_failed_percent=1,
        quota_share=0.8,
        dry_run=False,
    )
    assert request.snapshot.snapshot_id == "latest"
    assert request.wishes == Wishes()


@pytest.mark.parametrize(
    ("machine", "document"),
    [
        ("backup", {**BACKUP, "format": "json", "include": ["mfa"], "quota_share": 1, "shards": 1, "note": "x" * 1000}),
        ("backup", {**BACKUP, "format": "parquet", "include": [], "quota_share": 0.05, "shards": "auto", "note": None}),
        (
            "restore",
            {
                **RESTORE,
                "credentials": "reset",
                "on_conflict": "skip",
                "sub_attribute": "custom:legacy",
                "federated_users": "defer",
                "max_failed_percent": 0,
                "quota_share": 1,
                "dry_run": True,
                "allow_source_pool": True,
            },
        ),
        ("restore", {**RESTORE, "sub_attribute": None, "max_failed_percent": 100}),
        *(("restore", {**RESTORE, "credentials": value}) for value in ("import-job", "temporary")),
        ("restore", {**RESTORE, "credentials": "invite", "send_messages": True}),
        *(("restore", {**RESTORE, "credentials_fallback": value}) for value in ("temporary", "reset", "fail")),
        *(("restore", {**RESTORE, "on_conflict": value}) for value in ("update", "fail")),
        *(("restore", {**RESTORE, "federated_users": value}) for value in ("link", "skip")),
        ("restore", {**RESTORE, "provider_map": {"Google": "GoogleToo"}}),
        *(("restore", {**RESTORE, "only": {"sections": [one]}}) for one in ("config", "groups", "users", "mfa")),
        ("restore", {**RESTORE, "only": {"sections": ["users", "memberships"]}}),
        ("restore", {**created(), "only": {"sections": ["config", "groups"]}}),
        ("restore", {**RESTORE, "snapshot": "us-east-1_AbCdEfGhI/20261122T030000Z-3f9a1c"}),
    ],
)
def test_every_documented_value_is_accepted_and_survives_the_way_through_the_states(
    machine: str, document: dict[str, Any]
) -> None:
    request = check(machine, document)
    if isinstance(request, BackupRequest):
        assert BackupRequest.from_state(request.to_state()) == request
    else:
        assert RestoreRequest.from_state(request.to_state(request.snapshot)) == request


def test_what_people_paste_may_have_blanks_around_it() -> None:
    request = check("restore", {"snapshot": " us-east-1_A/latest ", "target_user_pool_id": " us-east-1_Target\n"})
    assert isinstance(request, RestoreRequest)
    assert (str(request.snapshot), request.target_user_pool_id) == ("us-east-1_A/latest", "us-east-1_Target")


@pytest.mark.parametrize("machine", ["backup", "restore"])
@pytest.mark.parametrize("document", [None, [], "us-east-1_AbCdEfGhI", 7, True])
def test_an_input_that_is_no_object_is_refused(machine: str, document: Any) -> None:
    assert refusal(machine, document).startswith("input: must be a JSON object. Example: {")


# For every field: what is wrong with it, in a word that the message must hold.

WRONG = [
    ("backup", {}, "user_pool_id: is missing"),
    ("backup", {"user_pool_id": None}, "user_pool_id: must be of type string"),
    ("backup", {"user_pool_id": 7}, "user_pool_id: must be of type string"),
    ("backup", {"user_pool_id": ""}, "user_pool_id: does not fit"),
    ("backup", {"user_pool_id": "my-pool"}, "user_pool_id: is not a user pool id"),
    ("backup", {"user_pool_id": "us-east-1-AbCdEfGhI"}, "user_pool_id: is not a user pool id"),
    ("backup", {"user_pool_id": "arn:aws:cognito-idp:us-east-1:1:userpool/us-east-1_A"}, "user_pool_id: is not a user"),
    ("backup", {"user_pool_id": "us-east-1_Ab/../x"}, "user_pool_id: is not a user pool id"),
    ("backup", {"user_pool_id": "mars-north-1_AbCdEfGhI"}, "user_pool_id: names the Region mars-north-1"),
    ("backup", {"user_pool_id": "ma-north-1_AbCdEfGhI"}, "user_pool_id: names the Region ma-north-1, which has no"),
    ("backup", {**BACKUP, "format": "csv"}, 'format: must be one of "parquet", "json"'),
    ("backup", {**BACKUP, "format": 7}, 'format: must be one of "parquet", "json"'),
    ("backup", {**BACKUP, "include": "mfa"}, "include: must be of type array"),
    ("backup", {**BACKUP, "include": ["mfa", "mfa"]}, "include: does not fit: uniqueItems"),
    ("backup", {**BACKUP, "include": ["devices"]}, 'include.0: must be one of "mfa"'),
    ("backup", {**BACKUP, "quota_share": "half"}, "quota_share: must be of type number"),
    ("backup", {**BACKUP, "quota_share": True}, "quota_share: must be of type number"),
    ("backup", {**BACKUP, "quota_share": 0}, "quota_share: does not fit: minimum 0.05"),
    ("backup", {**BACKUP, "quota_share": 1.01}, "quota_share: does not fit: maximum 1"),
    ("backup", {**BACKUP, "shards": 4}, 'shards: must be one of "auto", 1'),
    ("backup", {**BACKUP, "shards": True}, 'shards: must be one of "auto", 1'),
    ("backup", {**BACKUP, "secrets": "none"}, 'secrets: must be one of "keep", "redact"'),
    ("backup", {**BACKUP, "secrets": True}, 'secrets: must be one of "keep", "redact"'),
    ("backup", {**BACKUP, "note": 7}, "note: must be of type string or null"),
    ("backup", {**BACKUP, "note": "x" * 1001}, "note: does not fit: maxLength 1000"),
    ("backup", {**BACKUP, "formats": "json"}, "formats: is not a known field; did you mean format?"),
    ("backup", {"user_pool": "us-east-1_A"}, "user_pool: is not a known field; did you mean user_pool_id?"),
    ("backup", {**BACKUP, "zzz": 1}, "zzz: is not a known field; known fields are format, include, note, quota_share"),
    ("restore", {"snapshot": RESTORE["snapshot"]}, "target_user_pool_id: is missing"),
    ("restore", {"target_user_pool_id": "us-east-1_Target"}, "snapshot: is missing"),
    ("restore", {**RESTORE, "snapshot": 7}, "snapshot: must be of type string"),
    ("restore", {**RESTORE, "snapshot": ""}, "snapshot: is not '<user pool id>/"),
    ("restore", {**RESTORE, "snapshot": "latest"}, "snapshot: is not '<user pool id>/"),
    ("restore", {**RESTORE, "snapshot": "us-east-1_AbCdEfGhI"}, "snapshot: is not '<user pool id>/"),
    (
        "restore",
        {**RESTORE, "snapshot": "us-east-1_AbCdEfGhI/newest"},
        "snapshot: is not '<user pool id>/<snapshot id>'",
    ),
    ("restore", {**RESTORE, "snapshot": "us-east-1_A/20261122T030000Z-3f9a1c/x"}, "snapshot: is not '<user pool id>/"),
    (
        "restore",
        {**RESTORE, "snapshot": "s3://b/snapshots/us-east-1_A/latest"},
        "snapshot: is not '<user pool id>",
    ),
    ("restore", {**RESTORE, "target_user_pool_id": "pool"}, "target_user_pool_id: is not a user pool id"),
    (
        "restore",
        {**RESTORE, "target_user_pool_id": "xx-east-1_Target"},
        "target_user_pool_id: names the Region xx-east-1",
    ),
    ("restore", {**RESTORE, "target_user_pool_id": []}, "target_user_pool_id: must be of type string"),
    ("restore", {**RESTORE, "target_user_pool_id": "us-east-1_AbCdEfGhI"}, "target_user_pool_id: is the pool that the"),
    (
        "restore",
        {**RESTORE, "credentials": "magic"},
        'credentials: must be one of "reset", "import-job", "temporary", "invite"',
    ),
    ("restore", {**RESTORE, "credentials": "invite"}, "credentials: is invite, which makes Cognito send"),
    ("restore", {**RESTORE, "credentials": "invite", "send_messages": False}, "credentials: is invite, which makes"),
    (
        "restore",
        {**RESTORE, "credentials_fallback": "invite"},
        'credentials_fallback: must be one of "temporary", "reset", "fail"',
    ),
    ("restore", {**RESTORE, "send_messages": "yes"}, "send_messages: must be of type boolean"),
    ("restore", {**RESTORE, "on_conflict": "delete"}, 'on_conflict: must be one of "skip", "update", "fail"'),
    ("restore", {**RESTORE, "federated_users": "create"}, 'federated_users: must be one of "defer", "link", "skip"'),
    ("restore", {**RESTORE, "provider_map": []}, "provider_map: must be of type object"),
    ("restore", {**RESTORE, "provider_map": {"Google": 7}}, "provider_map.Google: must be of type string"),
    ("restore", {**RESTORE, "provider_map": {"Google": "x" * 33}}, "provider_map.Google: does not fit: maxLength 32"),
    ("restore", {**RESTORE, "provider_map": {"": "Google"}}, "provider_map"),
    ("restore", {**RESTORE, "sub_attribute": 7}, "sub_attribute: must be of type string or null"),
    ("restore", {**RESTORE, "sub_attribute": ""}, "sub_attribute: does not fit: "),
    ("restore", {**RESTORE, "sub_attribute": "email"}, "sub_attribute: does not fit: pattern"),
    ("restore", {**RESTORE, "sub_attribute": "original_sub"}, "sub_attribute: does not fit: pattern"),
    ("restore", {**RESTORE, "sub_attribute": "custom:" + "x" * 26}, "sub_attribute: does not fit: maxLength 32"),
    ("restore", {**RESTORE, "max_failed_percent": "1"}, "max_failed_percent: must be of type number"),
    ("restore", {**RESTORE, "max_failed_percent": -1}, "max_failed_percent: does not fit: minimum 0"),
    ("restore", {**RESTORE, "max_failed_percent": 101}, "max_failed_percent: does not fit: maximum 100"),
    ("restore", {**RESTORE, "quota_share": None}, "quota_share: must be of type number"),
    ("restore", {**RESTORE, "quota_share": 0}, "quota_share: does not fit: minimum 0.05"),
    ("restore", {**RESTORE, "quota_share": 2}, "quota_share: does not fit: maximum 1"),
    ("drill", {"user_pool_id": "us-east-1_AbCdEfGhI", "quota_share": 0.01}, "quota_share: does not fit: minimum 0.05"),
    ("restore", {**RESTORE, "dry_run": "true"}, "dry_run: must be of type boolean"),
    ("restore", {**RESTORE, "dry_run": 1}, "dry_run: must be of type boolean"),
    ("restore", {**RESTORE, "allow_source_pool": "yes"}, "allow_source_pool: must be of type boolean"),
    ("restore", {**RESTORE, "create_pool": {"pool_name": "shop"}}, "create_pool: and target_user_pool_id are both"),
    ("restore", created(7), "create_pool: must be of type object"),
    ("restore", created({}), "create_pool.pool_name: is missing"),
    ("restore", created({"pool_name": ""}), "create_pool.pool_name: does not fit: "),
    ("restore", created({"pool_name": "x" * 129}), "create_pool.pool_name: does not fit: maxLength 128"),
    ("restore", created({"pool_name": "a/b"}), "create_pool.pool_name: does not fit: pattern"),
    ("restore", created({"pool_name": 7}), "create_pool.pool_name: must be of type string"),
    ("restore", created({"name": "shop"}), "create_pool.name: is not a known field"),
    ("restore", created(region="mars-north-1"), "create_pool.region: names a Region"),
    ("restore", created(region=1), "create_pool.region: must be of type string"),
    ("restore", created(override=[]), "create_pool.override: must be of type object"),
    ("restore", overridden(case_sensitiv=True), "create_pool.override.case_sensitiv: is not a known field; did you"),
    ("restore", overridden(case_sensitive="no"), "create_pool.override.case_sensitive: must be of type boolean"),
    ("restore", overridden(case_sensitive=0), "create_pool.override.case_sensitive: must be of type boolean"),
    ("restore", overridden(username_attributes="email"), "create_pool.override.username_attributes: must be of type"),
    ("restore", overridden(username_attributes=["name"]), "create_pool.override.username_attributes.0: must be one of"),
    ("restore", overridden(alias_attributes=["email"] * 2), "create_pool.override.alias_attributes: does not fit: uni"),
    ("restore", overridden(alias_attributes=[7]), "create_pool.override.alias_attributes.0: must be one of"),
    ("restore", overridden(required_attributes=[""]), "create_pool.override.required_attributes.0: does not fit: "),
    ("restore", overridden(required_attributes={}), "create_pool.override.required_attributes: must be of type array"),
    ("restore", overridden(domain="Shop"), "create_pool.override.domain: does not fit: pattern"),
    ("restore", overridden(domain="x" * 64), "create_pool.override.domain: does not fit: maxLength 63"),
    ("restore", overridden(domain=None), "create_pool.override.domain: must be of type string"),
    (
        "restore",
        overridden(username_attributes=["email"], alias_attributes=["email"]),
        "create_pool.override: asks for username_attributes and alias_attributes",
    ),
    ("restore", {**RESTORE, "role_map": []}, "role_map: must be of type object"),
    (
        "restore",
        {**RESTORE, "role_map": {"arn:aws:iam::1:role/a": "b"}},
        "role_map.arn:aws:iam::1:role/a: does not fit",
    ),
    ("restore", {**RESTORE, "role_map": {"admin": "arn:aws:iam::1:role/a"}}, "role_map"),
    ("restore", {**RESTORE, "only": ["config"]}, "only: must be of type object"),
    ("restore", {**RESTORE, "only": {}}, "only: does not fit: "),
    ("restore", {**RESTORE, "only": {"users": ["ada"]}}, "only.users: is not a known field; did you mean usernames?"),
    ("restore", {**RESTORE, "only": {"usernames": "ada"}}, "only.usernames: must be of type array"),
    ("restore", {**RESTORE, "only": {"usernames": []}}, "only.usernames: does not fit: "),
    ("restore", {**RESTORE, "only": {"usernames": [""]}}, "only.usernames.0: does not fit: "),
    ("restore", {**RESTORE, "only": {"usernames": [7]}}, "only.usernames.0: must be of type string"),
    ("restore", {**RESTORE, "only": {"usernames": [str(n) for n in range(1001)]}}, "only.usernames: does not fit: max"),
    ("restore", {**RESTORE, "only": {"groups": []}}, "only.groups: does not fit: "),
    ("restore", {**RESTORE, "only": {"groups": ["a", "a"]}}, "only.groups: does not fit: uniqueItems"),
    ("restore", {**RESTORE, "only": {"sections": []}}, "only.sections: does not fit: "),
    (
        "restore",
        {**RESTORE, "only": {"sections": ["people"]}},
        'only.sections.0: must be one of "config", "groups", "users", "memberships", "mfa"',
    ),
    (
        "restore",
        {**RESTORE, "only": {"sections": ["config", "users"]}},
        "only.sections: names config beside others. The configuration of a pool that exists",
    ),
    (
        "restore",
        {**RESTORE, "only": {"sections": ["config"], "usernames": ["ada"]}},
        "only: names users or groups and, in sections, nothing but the configuration",
    ),
    (
        "restore",
        {**created(), "only": {"sections": ["users", "groups"]}},
        "only.sections: leaves out the configuration, and create_pool makes a pool of it",
    ),
    ("restore", {**RESTORE, "restore_id": "latest"}, "restore_id: does not fit: pattern"),
    ("restore", {**RESTORE, "restore_id": 7}, "restore_id: must be of type string"),
    ("restore", {**RESTORE, "dryrun": True}, "dryrun: is not a known field; did you mean dry_run?"),
    ("restore", {**RESTORE, "target": "us-east-1_T"}, "target: is not a known field"),
]


@pytest.mark.parametrize(("machine", "document", "expected"), WRONG, ids=[expected for _, _, expected in WRONG])
def test_what_is_wrong_is_named_by_its_field(machine: str, document: dict[str, Any], expected: str) -> None:
    message = refusal(machine, document)
    assert message.startswith(expected)
    assert "Example: " in message


@pytest.mark.parametrize("machine", ["backup", "restore"])
def test_every_field_of_the_input_is_tried_with_something_wrong(machine: str) -> None:
    """A field that is added to a schema is added to the list above."""
    tried = {expected.split(":")[0].split(".")[0] for tried_for, _, expected in WRONG if tried_for == machine}
    assert set(schema_of(machine)["properties"]) <= tried


@pytest.mark.parametrize("machine", ["backup", "restore"])
def test_the_example_in_every_message_is_a_good_input(machine: str) -> None:
    for example in schema_of(machine)["examples"]:
        check(machine, example)


def test_the_first_of_several_problems_is_the_one_that_explains_the_others() -> None:
    """`user_pool` is misspelled, so `user_pool_id` is missing: the misspelling is what helps."""
    assert refusal("backup", {"user_pool": "us-east-1_A", "format": "csv"}).startswith(
        "user_pool: is not a known field"
    )


def test_the_source_pool_is_a_target_only_on_purpose() -> None:
    document = {**RESTORE, "target_user_pool_id": "us-east-1_AbCdEfGhI"}
    assert '"allow_source_pool": true' in refusal("restore", document)
    assert refusal("restore", {**document, "allow_source_pool": False})
    assert isinstance(check("restore", {**document, "allow_source_pool": True}), RestoreRequest)


def test_a_wish_for_the_default_attribute_is_told_from_the_default() -> None:
    for document, given in (({}, False), ({"sub_attribute": None}, False), ({"sub_attribute": "custom:x"}, True)):
        request = check("restore", {**RESTORE, **document})
        assert isinstance(request, RestoreRequest)
        assert request.sub_attribute_given is given


def test_a_restore_that_makes_its_pool_needs_nothing_but_its_name() -> None:
    request = check("restore", created())
    assert isinstance(request, RestoreRequest)
    assert request.target_user_pool_id is None
    assert request.create_pool == CreatePool("shop", "us-east-1", Override())
    assert request.changes_configuration


def test_only_the_configuration_of_a_pool_that_exists_is_written_on_demand() -> None:
    plain, only = check("restore", RESTORE), check("restore", {**RESTORE, "only": {"sections": ["config"]}})
    assert isinstance(plain, RestoreRequest)
    assert isinstance(only, RestoreRequest)
    assert (plain.only_config, plain.changes_configuration) == (False, False)
    assert (only.only_config, only.changes_configuration) == (True, True)


@pytest.mark.parametrize(
    "document",
    [
        RESTORE,
        {**RESTORE, "only": {"sections": ["config"]}, "role_map": {"arn:aws:iam::1:role/a": "arn:aws:iam::1:role/b"}},
        {**RESTORE, "only": {"usernames": ["ada", "bob"], "groups": ["admins"]}, "provider_map": {"Google": "G"}},
        overridden(
            case_sensitive=False,
            username_attributes=[],
            alias_attributes=["email"],
            required_attributes=["email"],
            domain="shop",
        ),
        created(region="eu-central-1"),
    ],
)
def test_a_request_travels_between_states_and_is_the_same(document: dict[str, Any]) -> None:
    request = check("restore", document)
    assert isinstance(request, RestoreRequest)
    state = json.loads(json.dumps(request.to_state(request.snapshot)))
    assert RestoreRequest.from_state(state, request.scope.selection or None) == request


def selecting(**only: Any) -> RestoreRequest:
    request = check("restore", {**RESTORE, "only": only})
    assert isinstance(request, RestoreRequest)
    return request


def test_whom_a_request_names_does_not_travel_and_a_state_without_their_names_selects_nobody() -> None:
    request = selecting(usernames=["ada"], groups=["admins"])
    state = request.to_state(request.snapshot)
    assert "ada" not in json.dumps(state)
    assert "admins" not in json.dumps(state)
    blind = RestoreRequest.from_state(state).scope
    assert (blind.is_selective, blind.usernames, blind.groups) == (True, frozenset(), None)


def test_a_digest_tells_whether_the_same_people_are_named() -> None:
    ada, again, bob = (selecting(usernames=names).scope.to_state() for names in (["ada", "x"], ["x", "ada"], ["bob"]))
    assert ada == again
    assert ada["selection"] != bob["selection"]
    assert Scope().to_state()["selection"] is None


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "us-gov-west-1"])
def test_every_region_with_user_pools_is_known(region: str) -> None:
    assert region in bootstrap.regions()


def test_a_region_that_is_not_there_is_not_known() -> None:
    assert "mars-north-1" not in bootstrap.regions()


# What a user typed may be personal; the message must not carry it on.


@pytest.mark.parametrize(
    ("machine", "document"),
    [
        ("backup", {**BACKUP, "format": "alice@example.com"}),
        ("backup", {**BACKUP, "note": ["alice@example.com"]}),
        ("backup", {**BACKUP, "note": "alice@example.com" * 100}),
        ("backup", {"user_pool_id": "alice@example.com"}),
        ("restore", {**RESTORE, "snapshot": "alice@example.com"}),
        ("restore", {**RESTORE, "sub_attribute": "alice@example.com" * 3}),
        ("restore", {**RESTORE, "target_user_pool_id": "alice@example.com"}),
        ("restore", created({"pool_name": "alice@example.com/"})),
        ("restore", created(region="alice@example.com")),
        ("restore", overridden(domain="alice@example.com")),
        ("restore", overridden(username_attributes=["alice@example.com"])),
        ("restore", {**RESTORE, "role_map": {"arn:aws:iam::1:role/a": "alice@example.com"}}),
        ("restore", {**RESTORE, "only": {"sections": ["alice@example.com"]}}),
        ("restore", {**RESTORE, "only": {"usernames": ["alice@example.com"], "sections": ["config"]}}),
        ("restore", {**RESTORE, "only": {"usernames": ["alice@example.com"] * 2}}),
        ("restore", {**RESTORE, "only": {"groups": ["alice@example.com" * 9]}}),
        ("restore", {**RESTORE, "provider_map": {"Google": "alice@example.com" * 9}}),
        ("restore", {**RESTORE, "credentials": "alice@example.com"}),
        ("restore", {**RESTORE, "restore_id": "alice@example.com"}),
    ],
)
def test_no_message_repeats_a_value(machine: str, document: dict[str, Any]) -> None:
    assert "alice" not in refusal(machine, document)


def test_an_assessment_needs_a_pool_or_a_snapshot_and_says_so() -> None:
    with pytest.raises(InvalidRequest, match="user_pool_id: is missing"):
        AssessRequest.of({}, REGIONS)


def test_an_assessment_of_a_snapshot_is_of_its_pool() -> None:
    request = AssessRequest.of({"snapshot": "us-east-1_AbCdEfGhI/latest"}, REGIONS)
    assert request.user_pool_id == "us-east-1_AbCdEfGhI"
    with pytest.raises(InvalidRequest, match="snapshot: is not of us-east-1_Other"):
        AssessRequest.of({"snapshot": "us-east-1_AbCdEfGhI/latest", "user_pool_id": "us-east-1_Other"}, REGIONS)


def test_an_assessment_travels_between_states_as_it_was() -> None:
    request = AssessRequest.of({"user_pool_id": "us-east-1_AbCdEfGhI", "intended_changes": ["region"]}, REGIONS)
    assert AssessRequest.from_state(request.to_state(None)) == request
