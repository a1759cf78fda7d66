"""Cognito's request quotas: documented rates, and which operation draws on which.

Requests per second for one account and Region, all its pools together; the
categories of pool resources and clients also have 5 per operation and pool.
Source: Cognito developer guide, "Quotas in Amazon Cognito", 2026.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Category(StrEnum):
    """AWS's categories of Cognito operations, by their own names."""

    USER_AUTHENTICATION = "UserAuthentication"
    USER_CREATION = "UserCreation"
    USER_FEDERATION = "UserFederation"
    USER_ACCOUNT_RECOVERY = "UserAccountRecovery"
    USER_READ = "UserRead"
    USER_UPDATE = "UserUpdate"
    USER_TOKEN = "UserToken"
    USER_RESOURCE_READ = "UserResourceRead"
    USER_RESOURCE_UPDATE = "UserResourceUpdate"
    USER_LIST = "UserList"
    USER_POOL_READ = "UserPoolRead"
    USER_POOL_UPDATE = "UserPoolUpdate"
    USER_POOL_RESOURCE_READ = "UserPoolResourceRead"
    USER_POOL_RESOURCE_UPDATE = "UserPoolResourceUpdate"
    USER_POOL_CLIENT_READ = "UserPoolClientRead"
    USER_POOL_CLIENT_UPDATE = "UserPoolClientUpdate"
    CLIENT_AUTHENTICATION = "ClientAuthentication"
    LIMIT_MANAGEMENT = "LimitManagement"


#: One operation on one pool, which is what one run meets in the categories of pool resources and clients.
PER_OPERATION_AND_POOL = 5

DOCUMENTED: Mapping[Category, float] = {
    Category.USER_AUTHENTICATION: 120,
    Category.USER_CREATION: 50,
    Category.USER_FEDERATION: 25,
    Category.USER_ACCOUNT_RECOVERY: 30,
    Category.USER_READ: 120,
    Category.USER_UPDATE: 25,
    Category.USER_TOKEN: 120,
    Category.USER_RESOURCE_READ: 50,
    Category.USER_RESOURCE_UPDATE: 25,
    Category.USER_LIST: 30,
    Category.USER_POOL_READ: 15,
    Category.USER_POOL_UPDATE: 15,
    Category.USER_POOL_RESOURCE_READ: PER_OPERATION_AND_POOL,
    Category.USER_POOL_RESOURCE_UPDATE: PER_OPERATION_AND_POOL,
    Category.USER_POOL_CLIENT_READ: PER_OPERATION_AND_POOL,
    Category.USER_POOL_CLIENT_UPDATE: PER_OPERATION_AND_POOL,
    Category.CLIENT_AUTHENTICATION: 150,
    Category.LIMIT_MANAGEMENT: 1,
}

#: No account has more: whoever says so, says it in the wrong unit, or means "no limit", which there is not.
HIGHEST = 100_000
#: What a restore draws on, beside what it reads and writes of the pool itself.
OF_A_RESTORE = (
    Category.USER_CREATION,
    Category.USER_ACCOUNT_RECOVERY,
    Category.USER_UPDATE,
    Category.USER_RESOURCE_UPDATE,
    Category.USER_LIST,
    Category.USER_READ,
)

OPERATIONS: Mapping[str, Category] = {
    "AdminCreateUser": Category.USER_CREATION,
    "AdminSetUserPassword": Category.USER_ACCOUNT_RECOVERY,
    "AdminGetUser": Category.USER_READ,
    "AdminGetUserAuthFactors": Category.USER_READ,
    "AdminAddUserToGroup": Category.USER_UPDATE,
    "AdminDisableUser": Category.USER_UPDATE,
    "AdminEnableUser": Category.USER_UPDATE,
    "AdminUpdateUserAttributes": Category.USER_UPDATE,
    "AdminLinkProviderForUser": Category.USER_UPDATE,
    "AdminSetUserMFAPreference": Category.USER_RESOURCE_UPDATE,
    "ListUsers": Category.USER_LIST,
    "ListUsersInGroup": Category.USER_LIST,
    "AdminListGroupsForUser": Category.USER_RESOURCE_READ,
    "DescribeUserPool": Category.USER_POOL_READ,
    "ListGroups": Category.USER_POOL_RESOURCE_READ,
    "GetGroup": Category.USER_POOL_RESOURCE_READ,
    "CreateGroup": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateGroup": Category.USER_POOL_RESOURCE_UPDATE,
    "GetCSVHeader": Category.USER_POOL_RESOURCE_READ,
    "DescribeUserImportJob": Category.USER_POOL_RESOURCE_READ,
    "ListUserImportJobs": Category.USER_POOL_RESOURCE_READ,
    "CreateUserImportJob": Category.USER_POOL_RESOURCE_UPDATE,
    "StartUserImportJob": Category.USER_POOL_RESOURCE_UPDATE,
    "AdminInitiateAuth": Category.USER_AUTHENTICATION,
    "GetProvisionedLimit": Category.LIMIT_MANAGEMENT,
    "ListUserPools": Category.USER_POOL_READ,
    "DeleteUserPool": Category.USER_POOL_UPDATE,
    "CreateUserPool": Category.USER_POOL_UPDATE,
    "UpdateUserPool": Category.USER_POOL_UPDATE,
    "ListUserPoolClients": Category.USER_POOL_CLIENT_READ,
    "DescribeUserPoolClient": Category.USER_POOL_CLIENT_READ,
    "CreateUserPoolClient": Category.USER_POOL_CLIENT_UPDATE,
    "UpdateUserPoolClient": Category.USER_POOL_CLIENT_UPDATE,
    "GetUserPoolMfaConfig": Category.USER_POOL_RESOURCE_READ,
    "ListIdentityProviders": Category.USER_POOL_RESOURCE_READ,
    "DescribeIdentityProvider": Category.USER_POOL_RESOURCE_READ,
    "ListResourceServers": Category.USER_POOL_RESOURCE_READ,
    "DescribeUserPoolDomain": Category.USER_POOL_RESOURCE_READ,
    "GetUICustomization": Category.USER_POOL_RESOURCE_READ,
    "DescribeManagedLoginBrandingByClient": Category.USER_POOL_RESOURCE_READ,
    "DescribeRiskConfiguration": Category.USER_POOL_RESOURCE_READ,
    "ListTagsForResource": Category.USER_POOL_RESOURCE_READ,
    "GetSigningCertificate": Category.USER_POOL_RESOURCE_READ,
    "AddCustomAttributes": Category.USER_POOL_RESOURCE_UPDATE,
    "SetUserPoolMfaConfig": Category.USER_POOL_RESOURCE_UPDATE,
    "CreateIdentityProvider": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateIdentityProvider": Category.USER_POOL_RESOURCE_UPDATE,
    "CreateResourceServer": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateResourceServer": Category.USER_POOL_RESOURCE_UPDATE,
    "CreateUserPoolDomain": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateUserPoolDomain": Category.USER_POOL_RESOURCE_UPDATE,
    "SetUICustomization": Category.USER_POOL_RESOURCE_UPDATE,
    "CreateManagedLoginBranding": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateManagedLoginBranding": Category.USER_POOL_RESOURCE_UPDATE,
    "SetRiskConfiguration": Category.USER_POOL_RESOURCE_UPDATE,
    # No table lists these (docs/unverified.md); they are taken for what they resemble.
    "ListUserPoolClientSecrets": Category.USER_POOL_CLIENT_READ,
    "ListTerms": Category.USER_POOL_RESOURCE_READ,
    "DescribeTerms": Category.USER_POOL_RESOURCE_READ,
    "GetLogDeliveryConfiguration": Category.USER_POOL_RESOURCE_READ,
    "ListUserPoolReplicas": Category.USER_POOL_RESOURCE_READ,
    "GetUserPoolSessionConfiguration": Category.USER_POOL_RESOURCE_READ,
    "GetUserPoolClientSessionConfiguration": Category.USER_POOL_RESOURCE_READ,
    "SetUserPoolSessionConfiguration": Category.USER_POOL_RESOURCE_UPDATE,
    "SetUserPoolClientSessionConfiguration": Category.USER_POOL_RESOURCE_UPDATE,
    "CreateTerms": Category.USER_POOL_RESOURCE_UPDATE,
    "UpdateTerms": Category.USER_POOL_RESOURCE_UPDATE,
    "SetLogDeliveryConfiguration": Category.USER_POOL_RESOURCE_UPDATE,
}


def is_rate(value: object) -> bool:
    """Whether this can be a quota in requests per second: a number above zero and not absurdly high."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= HIGHEST


def of_an_export(include_mfa: bool) -> tuple[Category, ...]:
    """What an export draws on, beside what it reads of the pool itself."""
    return (Category.USER_LIST, Category.USER_READ) if include_mfa else (Category.USER_LIST,)


def in_force(overrides: Mapping[Category, float]) -> dict[Category, float]:
    """The documented table with the account's own values over it."""
    return {**DOCUMENTED, **overrides}


def share(quotas: Mapping[Category, float], quota_share: float, lanes: int) -> dict[Category, float]:
    """What one lane may use: `quota x quota_share / lanes`, in requests per second."""
    return {category: rate * quota_share / lanes for category, rate in quotas.items()}
