"""What the fakes do that no adapter can be asked in the same words; what both can be asked, `tests/contract` asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from poolsafe.domain.records import CONFIRMED, FORCE_CHANGE_PASSWORD, RESET_REQUIRED, Factors, Group
from poolsafe.errors import AlreadyExists, NotFound, Rejected, ServiceUnavailable
from tests.fake_cognito import FakeCognito
from tests.fake_imports import FakeImports, header
from tests.fakes import START, FakeUserPool, Message

PASSWORD = "Unguessable-0123456789"
ADA: dict[str, Any] = {"email": "ada@example.com", "email_verified": "true"}
PHONE: dict[str, Any] = {"phone_number": "+15555550100", "phone_number_verified": "true"}
BY_SMS = {"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}}
MFA = {"MfaConfiguration": "OPTIONAL", "SmsMfaConfiguration": BY_SMS, "EmailMfaConfiguration": {}}
ROLE = "arn:aws:iam::123456789012:role/import"
KMS = {"x-amz-server-side-encryption": "aws:kms"}


def code_of(call: Callable[[], object]) -> str:
    """What a call is refused with."""
    with pytest.raises(Rejected) as refused:
        call()
    return refused.value.code


# Messages


def test_an_address_that_is_not_said_to_be_verified_is_asked_about_where_the_pool_verifies_it() -> None:
    pool = FakeUserPool(auto_verified=("email",))
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    assert pool.messages == []
    pool.update_attributes("ada", {"email": "new@example.com", "email_verified": "true", "name": "Ada"})
    pool.update_attributes("ada", {"phone_number": "+15555550199"})
    assert pool.messages == []
    pool.update_attributes("ada", {"email": "newer@example.com"})
    assert pool.messages == [Message("AdminUpdateUserAttributes", "ada", "EMAIL")]
    assert pool.get_user("ada").attributes["email_verified"] == "false"


def test_an_invitation_is_a_message_for_each_medium() -> None:
    pool = FakeUserPool(mfa=MFA)
    pool.invite_user("ada", {**ADA, **PHONE}, ("EMAIL", "SMS"))
    pool.invite_user("bob", PHONE, ())
    assert pool.messages == [
        Message("AdminCreateUser", *told) for told in (("ada", "EMAIL"), ("ada", "SMS"), ("bob", "SMS"))
    ]


def test_who_is_refused_is_sent_nothing() -> None:
    pool = FakeUserPool(auto_verified=("email",), required=("email",))
    pool.create_user("ada", ADA, PASSWORD)
    assert code_of(lambda: pool.invite_user("ada", ADA, ("EMAIL",))) == "UsernameExistsException"
    assert code_of(lambda: pool.invite_user("bob", ADA, ("PIGEON",))) == "InvalidParameterException"
    assert code_of(lambda: pool.update_attributes("ada", {"email": "new@example.com", "sub": "x"}))
    assert pool.messages == []


def test_an_address_that_has_to_be_verified_first_stays_until_then() -> None:
    first = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    pool = made(AutoVerifiedAttributes=["email"], UserAttributeUpdateSettings=first)
    pool.create_user("ada", ADA, PASSWORD)
    pool.update_attributes("ada", {"email": "new@example.com"})
    assert dict(pool.get_user("ada").attributes) == ADA
    assert pool.messages == [Message("AdminUpdateUserAttributes", "ada", "EMAIL")]
    pool.update_attributes("ada", {"email": "new@example.com", "email_verified": "true"})
    assert pool.get_user("ada").attributes["email"] == "new@example.com"


# Users


def test_what_changes_a_user_is_seen_by_the_date_and_a_group_is_not() -> None:
    pool = FakeUserPool(mfa=MFA, providers=("Google",))
    pool.put_group(Group("staff", None, None, None, START, START))
    pool.create_user("ada", {**ADA, **PHONE}, PASSWORD)
    changes: list[Callable[[], None]] = [
        lambda: pool.set_password("ada", PASSWORD),
        lambda: pool.set_temporary_password("ada", PASSWORD),
        lambda: pool.update_attributes("ada", {"name": "Ada"}),
        lambda: pool.set_mfa("ada", ("SMS_MFA",), None),
        lambda: pool.link("ada", "Google", "1122"),
        lambda: pool.disable_user("ada"),
        lambda: pool.enable_user("ada"),
    ]
    for change in changes:
        pool.clock.sleep(60)
        change()
        assert pool.get_user("ada").modified_at == pool.clock.now()
    last = pool.clock.now()
    pool.clock.sleep(60)
    pool.add_to_group("ada", "staff")
    pool.enable_user("ada")
    assert (pool.get_user("ada").modified_at, pool.get_user("ada").created_at) == (last, START)


def test_a_second_address_that_names_people_is_one_users_once_it_is_verified() -> None:
    pool = FakeUserPool(username_attributes=("email", "phone_number"))
    pool.create_user("ada@example.com", {**ADA, **PHONE}, PASSWORD)
    assert pool.get_user(PHONE["phone_number"]).attributes["email"] == ADA["email"]
    pool.create_user(
        "bob@example.com", {"email": "bob@example.com", **PHONE, "phone_number_verified": "false"}, PASSWORD
    )
    with pytest.raises(AlreadyExists):
        pool.create_user("eve@example.com", {"email": "eve@example.com", **PHONE}, PASSWORD)
    update = {"phone_number_verified": "true"}
    assert code_of(lambda: pool.update_attributes("bob@example.com", update)) == "AliasExistsException"


def test_a_profile_has_no_name_but_its_username() -> None:
    pool = FakeUserPool(alias_attributes=("email",))
    pool.add("Google_1", status="EXTERNAL_PROVIDER", sub="6f0c", **ADA)
    for name in ("6f0c", "ada@example.com"):
        with pytest.raises(NotFound):
            pool.get_user(name)
    assert pool.create_user("ada", ADA, PASSWORD).attributes == ADA


def test_who_is_invited_where_people_sign_in_by_a_code_has_no_password() -> None:
    policies = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = made(Policies=policies)
    assert pool.invite_user("ada", ADA, ("EMAIL",)).status == CONFIRMED
    assert pool.accounts["ada"].password is None
    assert pool.create_user("bob", {}, PASSWORD).status == FORCE_CHANGE_PASSWORD


# Second factors


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RESET_REQUIRED, "PasswordResetRequiredException"),
        ("UNCONFIRMED", "UserNotConfirmedException"),
        ("EXTERNAL_PROVIDER", "InvalidParameterException"),
    ],
)
def test_who_is_not_confirmed_has_no_second_factor(status: str, code: str) -> None:
    pool = FakeUserPool(mfa=MFA)
    pool.add("ada", status=status, **ADA)
    assert code_of(lambda: pool.set_mfa("ada", ("EMAIL_OTP",), None)) == code


def test_the_lite_tier_has_no_e_mail_for_a_second_factor() -> None:
    pool = FakeUserPool(mfa=MFA, tier="LITE")
    pool.add("ada", **ADA, **PHONE)
    assert code_of(lambda: pool.set_mfa("ada", ("EMAIL_OTP",), None)) == "InvalidParameterException"
    pool.set_mfa("ada", ("SMS_MFA",), None)


def test_a_passkey_is_told_with_the_factors_and_stays() -> None:
    pool = FakeUserPool(mfa=MFA)
    pool.put(replace(pool.add("ada", **ADA), mfa_methods=("WEB_AUTHN",)))
    pool.set_mfa("ada", ("EMAIL_OTP",), "EMAIL_OTP")
    assert pool.factors_of("ada") == Factors(("WEB_AUTHN", "EMAIL_OTP"), "EMAIL_OTP")
    assert pool.get_user("ada").mfa_methods == ("EMAIL_OTP",)


# Links


def test_who_has_signed_in_from_elsewhere_cannot_be_linked_nor_linked_to() -> None:
    pool = FakeUserPool(providers=("Google",))
    pool.add("ada")
    pool.add("Google_1122", status="EXTERNAL_PROVIDER")
    assert code_of(lambda: pool.link("ada", "Google", "1122")) == "InvalidParameterException"
    with pytest.raises(NotFound):
        pool.link("Google_1122", "Google", "3344")
    pool.link("ada", "Google", "3344")


# The control plane


def made(**settings: Any) -> FakeUserPool:
    """The users of a pool that FakeCognito made."""
    cognito = FakeCognito()
    return cognito.user_pool(cognito.call("CreateUserPool", PoolName="people", **settings)["UserPool"]["Id"])


def test_a_pool_made_as_users_is_told_with_its_factors_and_providers() -> None:
    pool = FakeUserPool(mfa=MFA, providers=("Google", "Okta"))
    cognito = FakeCognito(adopted={pool.user_pool_id: pool})
    named = {"UserPoolId": pool.user_pool_id}
    assert cognito.call("GetUserPoolMfaConfig", **named) == MFA
    listed = cognito.call("ListIdentityProviders", **named)["Providers"]
    assert [(one["ProviderName"], one["ProviderType"]) for one in listed] == [("Google", "Google"), ("Okta", "OIDC")]
    told = cognito.call("DescribeIdentityProvider", **named, ProviderName="Okta")["IdentityProvider"]
    assert told["ProviderDetails"]["client_id"]
    plain = FakeUserPool()
    cognito = FakeCognito(adopted={plain.user_pool_id: plain})
    assert cognito.call("GetUserPoolMfaConfig", UserPoolId=plain.user_pool_id) == {"MfaConfiguration": "OFF"}
    assert cognito.call("ListIdentityProviders", UserPoolId=plain.user_pool_id)["Providers"] == []


def test_users_of_a_pool_that_was_made_are_held_to_its_settings() -> None:
    cognito = FakeCognito()
    pool_id = cognito.call("CreateUserPool", PoolName="people", SmsConfiguration=BY_SMS["SmsConfiguration"])[
        "UserPool"
    ]["Id"]
    pool = cognito.user_pool(pool_id)
    pool.create_user("ada", PHONE, PASSWORD)
    assert code_of(lambda: pool.set_mfa("ada", ("SMS_MFA",), None)) == "InvalidParameterException"
    assert code_of(lambda: pool.link("ada", "Google", "1122")) == "InvalidParameterException"
    cognito.call("SetUserPoolMfaConfig", UserPoolId=pool_id, MfaConfiguration="ON", SmsMfaConfiguration=BY_SMS)
    details = {"client_id": "id", "client_secret": "secret", "authorize_scopes": "openid"}
    provider = {"ProviderName": "Google", "ProviderType": "Google", "ProviderDetails": details}
    cognito.call("CreateIdentityProvider", UserPoolId=pool_id, **provider)
    pool.set_mfa("ada", ("SMS_MFA",), None)
    pool.link("ada", "Google", "1122")
    assert pool.factors_of("ada") == Factors(("SMS_MFA",), None)


# Imports


class Importing:
    """A pool made as FakeUserPool, and the imports of its account."""

    def __init__(self, **knobs: Any) -> None:
        self.pool = FakeUserPool(auto_verified=("email",))
        adopted = {self.pool.user_pool_id: self.pool}
        self.cognito = FakeCognito(adopted=adopted, imports=FakeImports(**knobs), clock=self.pool.clock)
        self.url = ""

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        told = self.cognito.call(operation, UserPoolId=self.pool.user_pool_id, **members)
        job: dict[str, Any] = told["UserImportJob"]
        return job

    def create(self) -> str:
        job = self.call("CreateUserImportJob", JobName="restore", CloudWatchLogsRoleArn=ROLE)
        self.url = job["PreSignedUrl"]
        return str(job["JobId"])

    def upload(self, *names: str) -> None:
        columns = header(self.pool)
        rows = [{"cognito:username": name, "email": f"{name}@example.com", "email_verified": "true"} for name in names]
        lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
        self.cognito.web.upload(self.url, "\n".join(map(",".join, lines)).encode(), KMS)

    def started(self, *names: str) -> str:
        job_id = self.create()
        self.upload(*names)
        self.call("StartUserImportJob", JobId=job_id)
        return job_id

    def describe(self, job_id: str) -> tuple[str, int, int, int]:
        job = self.call("DescribeUserImportJob", JobId=job_id)
        return job["Status"], job["ImportedUsers"], job["SkippedUsers"], job["FailedUsers"]


NAMES = ("ada", "bob", "eve", "kim")


@pytest.mark.parametrize("times", [1, 2, 4])
def test_a_job_ends_at_the_describing_that_was_said(times: int) -> None:
    importing = Importing(describes_until_done=times)
    job_id = importing.started(*NAMES)
    told = [importing.describe(job_id) for _ in range(times + 1)]
    assert told == [("InProgress", 2, 0, 0)] * (times - 1) + [("Succeeded", 4, 0, 0)] * 2
    assert [account.user.status for account in importing.pool.accounts.values()] == [RESET_REQUIRED] * 4


def test_rows_fail_as_they_are_told_to() -> None:
    importing = Importing(fail_rows="eve".__eq__, describes_until_done=1)
    assert importing.describe(importing.started(*NAMES)) == ("Succeeded", 3, 0, 1)
    assert list(importing.pool.accounts) == ["ada", "bob", "kim"]


def test_a_job_that_fails_has_made_half() -> None:
    importing = Importing(job_ends="Failed")
    job_id = importing.started(*NAMES)
    assert [importing.describe(job_id) for _ in range(3)] == [("InProgress", 2, 0, 0), *[("Failed", 2, 0, 0)] * 2]
    assert list(importing.pool.accounts) == ["ada", "bob"]


def test_a_job_waits_for_somebody_elses() -> None:
    importing = Importing(is_busy=True)
    job_id = importing.create()
    importing.upload(*NAMES)
    assert code_of(lambda: importing.call("StartUserImportJob", JobId=job_id)) == "PreconditionNotMetException"
    importing.cognito.imports.is_busy = False
    importing.call("StartUserImportJob", JobId=job_id)


def test_a_job_that_nobody_looks_at_ends_by_itself() -> None:
    importing = Importing()
    importing.started(*NAMES)
    second = importing.create()
    importing.upload("zoe")
    start = importing.cognito.imports.unwatched_seconds
    assert code_of(lambda: importing.call("StartUserImportJob", JobId=second)) == "PreconditionNotMetException"
    importing.pool.clock.sleep(start)
    importing.call("StartUserImportJob", JobId=second)
    assert list(importing.pool.accounts) == list(NAMES)


def test_an_upload_fails_as_often_as_it_is_told_to_and_not_a_quarter_of_an_hour_later() -> None:
    importing = Importing(refuse_uploads=1)
    job_id = importing.create()
    with pytest.raises(ServiceUnavailable):
        importing.upload(*NAMES)
    importing.upload(*NAMES)
    importing.pool.clock.sleep(899)
    assert code_of(lambda: importing.upload("zoe")) == "HTTP 403"
    importing.pool.clock.sleep(24 * 3600)
    assert importing.describe(job_id) == ("Expired", 0, 0, 0)
    assert code_of(lambda: importing.call("StartUserImportJob", JobId=job_id)) == "PreconditionNotMetException"


def test_users_are_imported_into_a_pool_that_was_made_and_its_settings_stay_meanwhile() -> None:
    cognito = FakeCognito()
    named = {
        "UserPoolId": cognito.call("CreateUserPool", PoolName="p", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    }
    columns = cognito.call("GetCSVHeader", **named)["CSVHeader"]
    row = {"cognito:username": "ada", **ADA}
    job = cognito.call("CreateUserImportJob", **named, JobName="p", CloudWatchLogsRoleArn=ROLE)["UserImportJob"]
    content = f"{','.join(columns)}\n{','.join(row.get(column, '') for column in columns)}\n".encode()
    cognito.web.upload(job["PreSignedUrl"], content, KMS)
    cognito.call("StartUserImportJob", **named, JobId=job["JobId"])
    update = {**named, "AutoVerifiedAttributes": ["email"]}
    assert code_of(lambda: cognito.call("UpdateUserPool", **update)) == "UserImportInProgressException"
    for _ in range(2):
        cognito.call("DescribeUserImportJob", **named, JobId=job["JobId"])
    cognito.call("UpdateUserPool", **update)
    assert cognito.user_pool(named["UserPoolId"]).get_user("ada").status == RESET_REQUIRED
    assert [name for name in cognito.writes if "Import" in name] == ["CreateUserImportJob", "StartUserImportJob"]
