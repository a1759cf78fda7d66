"""Which of Cognito's request quotas an operation draws on, and what each is by default.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html, "Amazon Cognito user pools API operation
categories and request rate quotas", all of its table but what is no operation of the API (managed login, the token
endpoint). Read apart from the product's own table, so that a wrong category there shows here.
"""

from __future__ import annotations

from collections.abc import Mapping

_OPERATIONS = {
    "UserAuthentication": "InitiateAuth AdminInitiateAuth RespondToAuthChallenge AdminRespondToAuthChallenge"
    " GetTokensFromRefreshToken",
    "UserCreation": "SignUp ConfirmSignUp AdminCreateUser AdminConfirmSignUp",
    "UserAccountRecovery": "ChangePassword ConfirmForgotPassword ForgotPassword AdminResetUserPassword"
    " AdminSetUserPassword",
    "UserRead": "AdminGetUser AdminGetUserAuthFactors GetUser",
    "UserUpdate": "AdminAddUserToGroup AdminDeleteUserAttributes AdminUpdateUserAttributes AdminDeleteUser"
    " AdminDisableUser AdminEnableUser AdminLinkProviderForUser AdminDisableProviderForUser VerifyUserAttribute"
    " DeleteUser DeleteUserAttributes UpdateUserAttributes AdminUserGlobalSignOut GlobalSignOut"
    " AdminRemoveUserFromGroup",
    "UserToken": "RevokeToken",
    "UserResourceRead": "AdminGetDevice AdminListGroupsForUser AdminListDevices GetDevice ListDevices"
    " GetUserAttributeVerificationCode ResendConfirmationCode AdminListUserAuthEvents",
    "UserResourceUpdate": "AdminForgetDevice AdminUpdateAuthEventFeedback AdminSetUserMFAPreference"
    " AdminDeleteSoftwareToken AdminSetUserSettings AdminUpdateDeviceStatus UpdateDeviceStatus UpdateAuthEventFeedback"
    " ConfirmDevice SetUserMFAPreference SetUserSettings VerifySoftwareToken AssociateSoftwareToken ForgetDevice",
    "UserList": "ListUsers ListUsersInGroup",
    "UserPoolRead": "DescribeUserPool ListUserPools",
    "UserPoolUpdate": "CreateUserPool UpdateUserPool DeleteUserPool",
    "UserPoolResourceRead": "DescribeIdentityProvider DescribeResourceServer DescribeUserImportJob"
    " DescribeUserPoolDomain GetCSVHeader GetGroup GetSigningCertificate GetIdentityProviderByIdentifier"
    " GetUserPoolMfaConfig ListGroups ListIdentityProviders ListResourceServers ListTagsForResource ListUserImportJobs"
    " DescribeRiskConfiguration GetUICustomization DescribeManagedLoginBranding DescribeManagedLoginBrandingByClient",
    "UserPoolResourceUpdate": "AddCustomAttributes CreateGroup CreateIdentityProvider CreateResourceServer"
    " CreateUserImportJob CreateUserPoolDomain DeleteGroup DeleteIdentityProvider DeleteResourceServer"
    " DeleteUserPoolDomain SetUserPoolMfaConfig StartUserImportJob StopUserImportJob UpdateGroup UpdateIdentityProvider"
    " UpdateResourceServer UpdateUserPoolDomain SetRiskConfiguration SetUICustomization TagResource UntagResource"
    " CreateManagedLoginBranding UpdateManagedLoginBranding DeleteManagedLoginBranding",
    "UserPoolClientRead": "DescribeUserPoolClient ListUserPoolClients",
    "UserPoolClientUpdate": "CreateUserPoolClient DeleteUserPoolClient UpdateUserPoolClient",
    "ClientAuthentication": "GetClientToken",
    "LimitManagement": "GetProvisionedLimit UpdateProvisionedLimit",
}

#: Assumed: the table leaves these out, and each is taken for what it resembles. What is in neither is never throttled.
_ASSUMED = {
    "UserPoolResourceRead": "ListTerms DescribeTerms GetLogDeliveryConfiguration ListUserPoolReplicas"
    " GetUserPoolSessionConfiguration GetUserPoolClientSessionConfiguration",
    "UserPoolResourceUpdate": "CreateTerms UpdateTerms DeleteTerms SetLogDeliveryConfiguration CreateUserPoolReplica"
    " UpdateUserPoolReplica DeleteUserPoolReplica SetUserPoolSessionConfiguration"
    " SetUserPoolClientSessionConfiguration",
    "UserPoolClientRead": "ListUserPoolClientSecrets",
    "UserPoolClientUpdate": "AddUserPoolClientSecret DeleteUserPoolClientSecret",
}

CATEGORIES: Mapping[str, str] = {
    operation: category
    for table in (_OPERATIONS, _ASSUMED)
    for category, operations in table.items()
    for operation in operations.split()
}

#: Requests per second of one account in one Region, over all its pools, by category.
DOCUMENTED: Mapping[str, float] = {
    "UserAuthentication": 120,
    "UserCreation": 50,
    "UserFederation": 25,
    "UserAccountRecovery": 30,
    "UserRead": 120,
    "UserUpdate": 25,
    "UserToken": 120,
    "UserResourceRead": 50,
    "UserResourceUpdate": 25,
    "UserList": 30,
    "UserPoolRead": 15,
    "UserPoolUpdate": 15,
    "UserPoolResourceRead": 20,
    "UserPoolResourceUpdate": 15,
    "UserPoolClientRead": 15,
    "UserPoolClientUpdate": 15,
    "ClientAuthentication": 150,
    "LimitManagement": 1,
}

#: Note 3 of the table: here no operation goes faster than this on one pool either.
PER_OPERATION_AND_POOL = 5
BY_OPERATION_AND_POOL = frozenset(
    ("UserPoolResourceRead", "UserPoolResourceUpdate", "UserPoolClientRead", "UserPoolClientUpdate")
)
#: "Per-user request rate quotas": so many reads and as many writes of one user's profile.
PER_USER = 10
READS_A_USER = frozenset(("UserAuthentication", "UserRead", "UserResourceRead"))
WRITES_A_USER = frozenset(("UserUpdate", "UserResourceUpdate", "UserAccountRecovery"))

#: "Operations with special request rate handling": answers to challenges have three times the quota of sign-ins to
#: themselves, and what goes beyond draws on that of sign-ins.
ANSWERS = frozenset(("RespondToAuthChallenge", "AdminRespondToAuthChallenge"))
ANSWERS_A_SIGN_IN = 3
#: Note 1: an answer to this challenge is a change of the password.
CHANGES_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105


def category_of(action: str, challenge: str = "") -> str | None:
    """The category an operation draws on; None where it draws on none. `challenge` is its ChallengeName."""
    if action in ANSWERS and challenge == CHANGES_PASSWORD:
        return "UserAccountRecovery"
    return CATEGORIES.get(action)
