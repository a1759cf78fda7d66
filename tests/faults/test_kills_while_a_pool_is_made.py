"""A restore that makes its pool and dies at any call ends with that one pool, each client once, and the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from poolsafe.ports import Deadline, StoredObject
from tests.fake_cognito import FakeCognito
from tests.fakes import EveryTime, KillAt, MemoryStore, Never
from tests.step_functions import Deployed, ExecutionFailed
from tests.unit.created_pools import RESTORED, Shop, plus


@pytest.fixture(autouse=True)
def _one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker, so that call number n is the same call in every life."""
    monkeypatch.setattr("restore.restore_users.workers_for", lambda rates: 1)


@pytest.fixture(scope="module")
def snapshot() -> dict[str, StoredObject]:
    """The bucket after a backup."""
    with Shop(plus(), people=2) as shop:
        shop.backup()
    return shop.machines.store.objects


class Making:
    """One restore that makes a pool; its control plane and its bucket live and die with `life`."""

    def __init__(self, snapshot: dict[str, StoredObject], life: KillAt, deadline: Deadline | None = None) -> None:
        machines = Deployed(
            store=MemoryStore(dict(snapshot)),
            deadline=deadline or Never(),
            cognitos={"us-east-1": FakeCognito()},
        )
        self.shop, self.life = Shop(plus(), machines, people=2), life

    def run(self, **options: Any) -> dict[str, Any]:
        cognito, store = self.shop.cognito, self.shop.machines.store
        cognito.before, store.before = self.life, self._writes
        try:
            with self.shop:
                return self.shop.create("restore", create_pool={"override": {"domain": "restored"}}, **options)
        finally:
            cognito.before = store.before = lambda operation: None

    def _writes(self, operation: str) -> None:
        """Reading the bucket changes nothing, so dying there is dying at the call before."""
        if operation.endswith("PutObject"):
            self.life(operation)

    def made(self) -> dict[str, Any]:
        """Everything of the new pool but names that depend on how many were made before."""
        (state,) = self.shop.cognito.named(RESTORED)
        clients = {client_id: told["ClientName"] for client_id, told in state.clients.items()}
        people = self.shop.cognito.user_pool(state.description["Id"]).accounts.values()

        def plain(told: Any) -> Any:
            own = ("Id", "Arn", "UserPoolId", "ClientId", "ManagedLoginBrandingId", "TermsId", "ImageUrl")
            dates = ("CreationDate", "LastModifiedDate")
            return {name: value for name, value in told.items() if name not in (*own, *dates)}

        return {
            "pool": plain(state.description),
            "mfa": state.mfa,
            "clients": sorted(str(plain(told)) for told in state.clients.values()),
            "secrets": sorted(secret.value for secrets in state.secrets.values() for secret in secrets),
            "providers": {name: plain(told) for name, told in state.providers.items()},
            "servers": {name: plain(told) for name, told in state.resource_servers.items()},
            "branding": sorted((clients[name], str(plain(told))) for name, told in state.branding.items()),
            "ui": sorted((clients.get(name, name), str(plain(told))) for name, told in state.ui.items()),
            "terms": sorted(str(plain(told)) for told in state.terms.values()),
            "risk": sorted((clients.get(name, name), str(plain(told))) for name, told in state.risk.items()),
            "logs": state.log_delivery,
            "people": sorted((str(one.user.attributes), str(one.groups), one.user.status) for one in people),
        }

    def told(self, result: dict[str, Any]) -> dict[str, Any]:
        """What the restore says of itself, but for ids."""
        record = self.shop.file(result["restore_id"], "pool.json")
        assert set(record["clients"].values()) == self.shop.new.clients.keys()
        assert record["user_pool_id"] == self.shop.new_id == result["target_user_pool_id"]
        report = self.shop.file(result["restore_id"], "report.json")["configuration"]
        differences = self.shop.file(result["restore_id"], "config_differences.json")
        assert report["undeclared"] == {}
        told = {
            "result": {**result, "target_user_pool_id": ""},
            "todo": report["todo"],
            "gaps": report["gaps"],
            "clients": sorted(record["clients"]),
        }
        if not report["not_compared"]:
            assert sum(report["explained"].values()) == len(differences)
        # How much is compared before a deadline depends on how far the deadline is.
        return told if isinstance(self.shop.machines.deadline, EveryTime) else {**told, "differences": differences}


def lives(making: Callable[[KillAt], Making], step: int) -> Iterator[tuple[str, Making]]:
    """The same restore, dying at its first call, at its second, and so on."""
    undisturbed = KillAt(0)
    making(undisturbed).run()
    assert undisturbed.made > 100
    for at in range(1, undisturbed.made + 1, step):
        yield f"killed at call {at}, {undisturbed.operations[at - 1]}", making(KillAt(at))


@pytest.mark.parametrize(("deadline", "step"), [(Never, 1), (lambda: EveryTime(3), 7)], ids=["one go", "hand-overs"])
def test_a_pool_that_is_made_under_kills_is_made_once(
    snapshot: dict[str, StoredObject], deadline: Callable[[], Deadline], step: int
) -> None:
    undisturbed = Making(snapshot, KillAt(0), deadline())
    expected = undisturbed.run()
    for place, making in lives(lambda life: Making(snapshot, life, deadline()), step):
        result = making.run()
        assert making.shop.machines.executions[-1].retries == {"Lambda.Unknown": 1}, place
        assert making.made() == undisturbed.made(), place
        assert making.told(result) == undisturbed.told(expected), place
        assert making.shop.cognito.operations.count("CreateUserPool") == 1, place
        assert making.shop.cognito.operations.count("CreateUserPoolClient") == 4, place


class Abandoned(Exception):
    """Nobody tries again."""


def abandon() -> None:
    raise Abandoned


def test_a_second_restore_under_the_same_id_goes_on_where_the_first_was_abandoned(
    snapshot: dict[str, StoredObject],
) -> None:
    undisturbed = Making(snapshot, KillAt(0))
    undisturbed.run()
    started = False
    for place, making in lives(lambda life: Making(snapshot, life), step=5):
        making.life.meanwhile = abandon
        with pytest.raises(Abandoned):
            making.run()
        ids = {key.split("/")[1] for key in making.shop.machines.store.objects if key.startswith("restores/")}
        if not ids:
            assert not started, place
            continue
        started = True
        (restore_id,) = ids
        manifest = next(key for key in snapshot if key.endswith("/manifest.json"))
        making.life.meanwhile, making.life.dead = (lambda: None), False
        result = making.run(restore_id=restore_id, snapshot="/".join(manifest.split("/")[1:3]))
        assert result["restore_id"] == restore_id, place
        assert making.made() == undisturbed.made(), place
        assert making.shop.cognito.operations.count("CreateUserPool") == 1, place
        assert making.shop.cognito.operations.count("CreateUserPoolClient") == 4, place
    assert started


def test_a_new_restore_after_an_abandoned_one_is_told_of_its_pool(snapshot: dict[str, StoredObject]) -> None:
    """It does not add a second pool of that name: nobody could tell them apart."""
    making = Making(snapshot, KillAt(60))
    making.life.meanwhile = abandon
    with pytest.raises(Abandoned):
        making.run()
    making.life.meanwhile, making.life.dead = (lambda: None), False
    with making.shop, pytest.raises(ExecutionFailed, match="To go on with the restore that made it"):
        making.shop.create("another")
    assert len(making.shop.cognito.named(RESTORED)) == 1
