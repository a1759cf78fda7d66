"""One user pool, through boto3. Speaks our records and our errors; waits for nobody (see governed.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ..domain.records import EMAIL_OTP, SMS_MFA, WEB_AUTHN, Factors, Group, Membership, Page, User
from ..domain.snapshot import region_of
from ..errors import ListingBroken, NotFound, PageTokenRefused, PoolNotFound, Rejected, Throttled
from .aws import client, our_errors
from .raw_pages import leave_entries_raw
from .throttles import hear_throttles

#: The most that any listing of Cognito gives at once; the default when omitted is documented nowhere.
PAGE_SIZE = 60


class CognitoUserPool:
    """The UserPool port on AWS.

    `on_throttle` hears of every throttled attempt, including those that
    botocore retries by itself and nobody else would see; it gets the operation.
    """

    def __init__(
        self, user_pool_id: str, cognito: Any = None, on_throttle: Callable[[str, float], None] | None = None
    ) -> None:
        self.user_pool_id = user_pool_id
        self._client = cognito if cognito is not None else client("cognito-idp", region_of(user_pool_id))
        leave_entries_raw(self._client)
        if on_throttle is not None:
            hear_throttles(self._client, on_throttle)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        method = getattr(self._client, _METHODS[operation])
        with our_errors(operation):
            answer: dict[str, Any] = method(UserPoolId=self.user_pool_id, **arguments)
            return answer

    def _list(self, operation: str, token_name: str, token: str | None, **arguments: Any) -> dict[str, Any]:
        if token is not None:
            arguments[token_name] = token
        try:
            return self._call(operation, Limit=PAGE_SIZE, **arguments)
        except (NotFound, Throttled):
            raise
        except Rejected as error:
            # The first page of the same listing went through, so it can only be the token.
            if token is not None and error.code == "InvalidParameterException":
                raise PageTokenRefused(
                    f"{operation}: the page token is no longer valid (they last an hour)."
                ) from error
            raise

    def describe(self) -> dict[str, Any]:
        try:
            return dict(self._call("DescribeUserPool")["UserPool"])
        except NotFound as error:
            raise PoolNotFound(
                f"{self.user_pool_id} does not exist in {region_of(self.user_pool_id)} of this account. "
                "Check the id and the account (aws cognito-idp list-user-pools --max-results 60)."
            ) from error

    def list_users(self, token: str | None, only: str | None = None) -> Page[User]:
        answer = self._list("ListUsers", "PaginationToken", token, **({"Filter": only} if only else {}))
        return Page(tuple(map(_user, answer.get("Users", ()))), answer.get("PaginationToken"))

    def list_groups(self, token: str | None) -> Page[Group]:
        answer = self._list("ListGroups", "NextToken", token)
        return Page(tuple(map(_group, answer.get("Groups", ()))), answer.get("NextToken"))

    def get_group(self, group_name: str) -> Group:
        return _group(self._call("GetGroup", GroupName=group_name)["Group"])

    def list_members(self, group_name: str, token: str | None) -> Page[Membership]:
        answer = self._list("ListUsersInGroup", "NextToken", token, GroupName=group_name)
        members = tuple(
            Membership(group_name, user["Username"], _sub(user.get("Attributes", ())))
            for user in answer.get("Users", ())
        )
        return Page(members, answer.get("NextToken"))

    def get_user(self, username: str) -> User:
        return _user(self._call("AdminGetUser", Username=username), attributes="UserAttributes", mfa_known=True)

    def factors_of(self, username: str) -> Factors:
        told = self._call("AdminGetUserAuthFactors", Username=username)
        methods = dict.fromkeys(told.get("UserMFASettingList") or ())
        if WEB_AUTHN in (told.get("ConfiguredUserAuthFactors") or ()):
            methods[WEB_AUTHN] = None
        return Factors(tuple(methods), told.get("PreferredMfaSetting") or None)

    def groups_of(self, username: str) -> list[Group]:
        groups: list[Group] = []
        token: str | None = None
        while True:
            answer = self._list("AdminListGroupsForUser", "NextToken", token, Username=username)
            groups += map(_group, answer.get("Groups", ()))
            token = answer.get("NextToken")
            if token is None:
                return groups

    def create_group(self, group: Group) -> None:
        self._call("CreateGroup", GroupName=group.group_name, **_settings(group))

    def update_group(self, group: Group) -> None:
        self._call("UpdateGroup", GroupName=group.group_name, **_settings(group))

    def create_user(self, username: str, attributes: Mapping[str, str], password: str) -> User:
        answer = self._call(
            "AdminCreateUser",
            Username=username,
            UserAttributes=_given(attributes),
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
        return _user(answer["User"])

    def invite_user(self, username: str, attributes: Mapping[str, str], mediums: Sequence[str]) -> User:
        answer = self._call(
            "AdminCreateUser",
            Username=username,
            UserAttributes=_given(attributes),
            DesiredDeliveryMediums=list(mediums),
        )
        return _user(answer["User"])

    def resend_invitation(self, username: str, mediums: Sequence[str]) -> None:
        self._call("AdminCreateUser", Username=username, MessageAction="RESEND", DesiredDeliveryMediums=list(mediums))

    def set_password(self, username: str, password: str) -> None:
        self._call("AdminSetUserPassword", Username=username, Password=password, Permanent=True)

    def set_temporary_password(self, username: str, password: str) -> None:
        self._call("AdminSetUserPassword", Username=username, Password=password, Permanent=False)

    def update_attributes(self, username: str, attributes: Mapping[str, str]) -> None:
        self._call("AdminUpdateUserAttributes", Username=username, UserAttributes=_given(attributes))

    def set_mfa(self, username: str, methods: Sequence[str], preferred: str | None) -> None:
        settings = {
            MFA_SETTINGS[method]: {"Enabled": True, "PreferredMfa": method == preferred}
            for method in methods
            if method in MFA_SETTINGS
        }
        self._call("AdminSetUserMFAPreference", Username=username, **settings)

    def link(self, username: str, provider_name: str, user_id: str) -> None:
        self._call(
            "AdminLinkProviderForUser",
            DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
            SourceUser={
                "ProviderName": provider_name,
                "ProviderAttributeName": "Cognito_Subject",
                "ProviderAttributeValue": user_id,
            },
        )

    def add_to_group(self, username: str, group_name: str) -> None:
        self._call("AdminAddUserToGroup", Username=username, GroupName=group_name)

    def disable_user(self, username: str) -> None:
        self._call("AdminDisableUser", Username=username)

    def enable_user(self, username: str) -> None:
        self._call("AdminEnableUser", Username=username)


_METHODS = {
    "DescribeUserPool": "describe_user_pool",
    "ListUsers": "list_users",
    "ListGroups": "list_groups",
    "GetGroup": "get_group",
    "ListUsersInGroup": "list_users_in_group",
    "AdminGetUser": "admin_get_user",
    "AdminListGroupsForUser": "admin_list_groups_for_user",
    "AdminGetUserAuthFactors": "admin_get_user_auth_factors",
    "CreateGroup": "create_group",
    "UpdateGroup": "update_group",
    "AdminCreateUser": "admin_create_user",
    "AdminSetUserPassword": "admin_set_user_password",
    "AdminAddUserToGroup": "admin_add_user_to_group",
    "AdminDisableUser": "admin_disable_user",
    "AdminEnableUser": "admin_enable_user",
    "AdminUpdateUserAttributes": "admin_update_user_attributes",
    "AdminSetUserMFAPreference": "admin_set_user_mfa_preference",
    "AdminLinkProviderForUser": "admin_link_provider_for_user",
}

#: By second factor, what AdminSetUserMFAPreference calls its setting. No administrator can set the others.
MFA_SETTINGS = {SMS_MFA: "SMSMfaSettings", EMAIL_OTP: "EmailMfaSettings"}


def _given(attributes: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


def _settings(group: Group) -> dict[str, Any]:
    given = {"Description": group.description, "Precedence": group.precedence, "RoleArn": group.role_arn}
    return {name: value for name, value in given.items() if value is not None}


def _user(told: Mapping[str, Any], attributes: str = "Attributes", mfa_known: bool = False) -> User:
    values = {attribute["Name"]: attribute.get("Value", "") for attribute in told.get(attributes, ())}
    sub = _required_sub(values.pop("sub", None))
    # MFAOptions is what ListUsers tells of MFA: SMS, set the legacy way [API UserType].
    methods: tuple[str, ...] | None = ("SMS_MFA",) if told.get("MFAOptions") else None
    if mfa_known:
        methods = tuple(told.get("UserMFASettingList") or methods or ())
    return User(
        username=told["Username"],
        sub=sub,
        status=told["UserStatus"],
        enabled=told["Enabled"],
        created_at=_utc(told["UserCreateDate"]),
        modified_at=_utc(told["UserLastModifiedDate"]),
        attributes=values,
        mfa_methods=methods,
        preferred_mfa=told.get("PreferredMfaSetting") or None,
    )


def _group(told: Mapping[str, Any]) -> Group:
    return Group(
        group_name=told["GroupName"],
        description=told.get("Description") or None,
        precedence=told.get("Precedence"),
        role_arn=told.get("RoleArn") or None,
        created_at=_utc(told["CreationDate"]),
        modified_at=_utc(told["LastModifiedDate"]),
    )


def _sub(attributes: Any) -> str:
    return _required_sub(next((given["Value"] for given in attributes if given["Name"] == "sub"), None))


def _required_sub(sub: str | None) -> str:
    """Every user has one, and everything is joined by it: without it nothing that follows could be trusted."""
    if not sub:
        raise ListingBroken("Cognito told of a user without a sub. Nothing was sealed; ask AWS Support.")
    return sub


def _utc(told: datetime | float) -> datetime:
    """Milliseconds are what the snapshot keeps, so they are what is compared."""
    moment = told.astimezone(UTC) if isinstance(told, datetime) else datetime.fromtimestamp(told, UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000) if moment.microsecond % 1000 else moment
