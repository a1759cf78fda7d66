"""How users get in and who needs somebody, in words for people: codes of plan.json."""

from __future__ import annotations

from collections.abc import Mapping

from .credentials import Credential
from .notices import Attention
from .outcome import Reason

#: Why a credential cannot work (plan.json, `unreachable`).
UNREACHABLE: Mapping[str, str] = {
    Reason.ADMIN_ONLY_RECOVERY: "The target leaves it to administrators to reset a password",
    Reason.NO_RECOVERY_CHANNEL: "No verified address that the target resets passwords by",
    Reason.RECOVERY_IS_MFA: "Their only verified address is their second factor",
    Reason.NOT_AUTO_VERIFIED: "No verified address of those that the target verifies, so no import takes them",
    Reason.NOT_FOR_CSV: "Has a value that does not survive a CSV file",
    Reason.ROW_TOO_LONG: "Longer than a row of an import may be",
    Reason.NO_ADDRESS: "No address that an invitation could be sent to",
}

#: How users come by a password (plan.json, `credentials`).
CREDENTIALS: Mapping[str, str] = {
    Credential.RESET: "Choose a new one with “forgot password”",
    Credential.IMPORT_JOB: "Imported; choose a new one with “forgot password”",
    Credential.TEMPORARY: "Get a temporary one, which somebody hands over",
    Credential.INVITE: "Get one with an invitation from Cognito",
}

#: Whom somebody has to look after (plan.json, `attention`), and how.
ATTENTION: Mapping[str, tuple[str, str]] = {
    Attention.TEMPORARY_PASSWORD: (
        "Have a temporary password",
        "Hand it over by a way you trust, before it and its file expire.",
    ),
    Attention.UNREACHABLE: ("Cannot use the way that credentials asks for", "They have credentials_fallback instead."),
    Attention.ENROL_TOTP: ("Had an authenticator app", "They enrol it again; tell them before they look for it."),
    Attention.ENROL_PASSKEY: ("Had a passkey", "They register a new one."),
    Attention.MFA_NOT_RESTORED: (
        "Had a second factor that the target does not offer, or that nobody unconfirmed can have",
        "Switch it on in the pool, or tell them to choose another.",
    ),
    Attention.NO_PREFERRED_USERNAME: (
        "Had a preferred username, which nobody can have before they accept their invitation",
        "Set it when they have (AdminUpdateUserAttributes).",
    ),
    Attention.ATTRIBUTE_LOST: ("Had a malformed date of birth, which Cognito does not take", "Ask them for it."),
    Attention.MFA_GIVEN: (
        "Their only address becomes their second factor, for MFA would not let them in otherwise",
        "Ask them to add another address.",
    ),
    Attention.MFA_LOCKS_OUT: (
        "MFA will not let them through: it is required, and they have no address that it can use",
        "Give them an address, or set another factor, before they try.",
    ),
    Attention.LINK_NOT_RESTORED: (
        "Linked to a provider that the target does not have, or beyond five links",
        "Add the provider (provider_map, if it has another name), then link them.",
    ),
    Attention.STILL_DISABLED: (
        "Enabled in the snapshot, disabled in the target: nobody is enabled again unasked",
        "Enable those who should be, and give them a password if no restore did.",
    ),
    Attention.WAITING: (
        "Wait with a temporary password or an invitation of an earlier restore",
        "Nothing, if they have it; else reset them by hand.",
    ),
    Attention.NO_PASSWORD: (
        "Made by an earlier restore, and nobody is known to have a password for them",
        "Give them one (AdminSetUserPassword), if nobody has.",
    ),
    Attention.GROUP_MISSING: (
        "Belong to a group that the target lacks and the request leaves out",
        "Add groups to only.sections.",
    ),
}
