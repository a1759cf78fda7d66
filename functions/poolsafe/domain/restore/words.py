"""The codes of a restore's files in words for people: what each means and what to do about it.

A code that is not here, such as an error of Cognito's, is shown as it is: a page never fails for want of a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..configuration.differences import KEPT
from ..configuration.to_change import Who
from ..configuration.todo import Why
from .difference import Declared, Skipped, Undeclared
from .outcome import Reason
from .people_words import UNREACHABLE

NOTHING = "Nothing."

#: What a reason means, and what to do.
REASONS: Mapping[str, tuple[str, str]] = {
    Reason.EXISTS: ("In the target already: nothing of it is touched", NOTHING),
    Reason.NAME_EXISTS: (
        "The name is taken in the target by somebody not known to be the same person",
        "Find out who it is; rename or delete one of the two, then restore again.",
    ),
    Reason.NO_PASSWORD: (
        "Made by an earlier restore that gave them no password, and touched since: left as they are",
        "Give them a password, if nobody has.",
    ),
    Reason.LEFT_DISABLED: (
        "Made by an earlier restore and disabled since, perhaps by that restore itself, which could not give them a "
        "temporary password",
        "Unless somebody has disabled them on purpose, give them a password (AdminSetUserPassword) and enable them.",
    ),
    Reason.UNFINISHED: ("Left unfinished by an earlier restore: completed by this one", NOTHING),
    Reason.NAME_COLLIDES: (
        "Another user of the snapshot has the same name or address as the target compares them",
        "Decide who keeps it, and create the other by hand.",
    ),
    Reason.NAME_TAKEN: (
        "Somebody took the name or address while the restore ran",
        "Find out who it is, then restore again.",
    ),
    Reason.FEDERATED: (
        "Belongs to an identity provider: no API creates them",
        "They come back when they sign in. Their groups and custom attributes are kept under deferred/ until then.",
    ),
    Reason.SERVICE_MADE_GROUP: ("Cognito makes this group itself when somebody of the provider signs in", NOTHING),
    Reason.NOT_IN_SNAPSHOT: (
        "Named in only.usernames, and not in the snapshot",
        "Look the name up in the snapshot: names are compared letter by letter.",
    ),
    Reason.NOT_IN_TARGET: (
        "Not in the target, and the request creates nobody",
        "Add users to only.sections to bring them back.",
    ),
    Reason.NOT_IMPORTED: (
        "Cognito's import did not make them: created by a call, with the fallback",
        "The log of the import job says why, by line.",
    ),
    Reason.NOT_INVITED: (
        "Made, but their invitation could not be sent: they have the fallback instead",
        "Hand over their temporary password.",
    ),
    **{
        one: (
            f"{meaning}: created with the fallback, or not at all",
            "Hand over their temporary password, or help them.",
        )
        for one, meaning in UNREACHABLE.items()
    },
    Reason.GROUP_MISSING: (
        "The group is not in the target",
        "Restore the groups too, or create it; then restore again with on_conflict: update.",
    ),
    Reason.USER_NOT_THERE: ("Of a user who is not in the target", "Add users to only.sections to bring them back."),
    Reason.PASSWORD_FIRST: (
        "Has to choose a password before Cognito takes a second factor for them",
        "They choose their second factor again when they sign in.",
    ),
    Reason.USER_EXISTS: ("Of a user who was in the target already", NOTHING),
    Reason.USER_FEDERATED: ("Of a user who belongs to an identity provider", NOTHING),
    Reason.USER_FAILED: ("Of a user who failed", "Mend the user's own failure."),
    Reason.NO_SIGN_IN_ATTRIBUTE: (
        "Has none of the addresses that the target signs in with",
        "Give them an address in the source and back up again, or restore into a pool that signs in by username.",
    ),
    Reason.USERNAME_LIKE_ALIAS: (
        "The username looks like an address, and the target takes it for an alias",
        "Restore into a pool without that alias, or create them by hand under another name.",
    ),
    Reason.REQUIRED_ATTRIBUTE_MISSING: (
        "Lacks an attribute that the target requires",
        "Give them one in the source and back up again, or restore into a pool that does not require it.",
    ),
    Reason.ATTRIBUTE_TOO_LONG: (
        "Has an attribute that is longer than the target allows",
        "Restore into a pool whose schema allows that length.",
    ),
    Reason.ROLE_NOT_PASSED: (
        "The group's role may not be passed: it is of another account, or does not exist",
        "Name a role of this account in role_map, or create the group by hand.",
    ),
    Reason.LISTED_TWICE: ("Listed twice in the snapshot: restored once", NOTHING),
}
MEND = (
    "Look the code up, mend the cause, then start the restore again with its restore_id: it creates who is missing, "
    "and says who needs more by hand."
)

#: Why something of the configuration is to do.
WHYS: Mapping[str, str] = {
    Why.SECTION_NOT_SAVED: "the snapshot does not have it",
    Why.SECRET_NOT_KNOWN: "the old secret is not known",
    Why.SECOND_SECRET: "Cognito tells one of two secrets",
    Why.PROVIDER_NOT_MADE: "its provider was not made",
    Why.DOMAIN_TAKEN: "the domain is taken",
    Why.OTHER_ACCOUNT: "it belongs to another account",
    Why.OTHER_REGION: "it belongs to another Region",
    Why.NEEDS_PERMISSION: "a permission is missing",
    Why.NEEDS_KEY_POLICY: "a key policy is missing",
    Why.NEEDS_DNS: "DNS has to follow",
    Why.IMMUTABLE: "it cannot be changed later",
    Why.NOT_COPIED: "it is not copied",
    Why.REFUSED: "Cognito refused it",
    KEPT: "the target has more, and nothing is deleted",
}

#: Differences between snapshot and target.
DIFFERENCES: Mapping[str, str] = {
    Declared.SUB: "A new sub; sub_map.parquet maps the old to it",
    Declared.CREATED_AT: "Created now",
    Declared.STATUS: "The status of their new password, whatever it was",
    Declared.ORIGINAL_SUB: "Carries the old sub, on purpose",
    Declared.USERNAME: "Another username: the pool makes its own, or lowers it",
    Declared.LINKS: "Not linked to a provider any more",
    Declared.MFA: "Has to set MFA up again",
    Declared.FORM: "The same, written otherwise by Cognito's import",
    Declared.PREFERRED_USERNAME: "No preferred username before the invitation is accepted",
    Declared.NOT_TAKEN: "Lacks a value that Cognito takes from nobody",
    Declared.KEPT: "Was there, and has something that updating leaves alone",
    Declared.CASE: "In lower case: the pool does not tell case apart",
    Declared.SERVICE_MADE_GROUP: "Membership of a group that Cognito makes itself",
    Skipped.DIFFERS: "Was there before, and is not as the snapshot has them; or the name is taken by another",
    Undeclared.MISSING: "Said to be created, and not there",
    Undeclared.NO_OUTCOME: "Nothing says what became of it",
    Undeclared.ATTRIBUTE: "An attribute has another value",
    Undeclared.ENABLED: "Enabled or disabled against the snapshot",
    Undeclared.STATUS: "In a status that their new password does not explain",
    Undeclared.MFA: "Lacks a second factor that was set",
    Undeclared.LINK_MISSING: "Is not linked to a provider that it was linked to",
    Undeclared.ORIGINAL_SUB: "Does not carry the old sub",
    Undeclared.MEMBERSHIP_MISSING: "Lacks a group",
    Undeclared.MEMBERSHIP_EXTRA: "In a group too many",
    Undeclared.GROUP_MISSING: "A group is not there",
    Undeclared.GROUP_CHANGED: "A group is not as it was",
}

#: What creating users anew loses (plan.json, `declared_losses`).
LOSSES: Mapping[str, str] = {
    "passwords": "Choose a new password",
    "sub": "Get a new sub",
    "created_at": "Get a new date of creation",
    "status_other_than_confirmed": "Get another status than they had",
    "links_to_providers": "Lose a link to a provider",
    "software_tokens": "Enrol their authenticator app again",
    "passkeys": "Register a new passkey",
    "mfa_preferences": "Lose a second factor that the target does not offer",
    "federated_users_until_they_sign_in": "Come back when they sign in with their provider",
}

WHO: Mapping[str, str] = {
    Who.IDENTITY_PROVIDER_ADMINISTRATOR: "Administrators of identity providers",
    Who.APPLICATION_OWNER: "Owners of applications",
    Who.TOKEN_VERIFIER_OWNER: "Owners of what verifies tokens",
    Who.DNS_ADMINISTRATOR: "Administrators of DNS",
    Who.POOL_ADMINISTRATOR: "Administrators of the pool",
    Who.USERS: "Users",
}

FILES: Mapping[str, str] = {
    "plan": "What the restore set out to do",
    "outcomes": "What became of every user, group and membership",
    "differences": "Where users and groups differ from the snapshot (no file: nowhere)",
    "sub_map": "Old and new sub of every user",
    "attention": "Whom somebody has to look after, and why",
    "temporary_passwords": "Temporary passwords, for whoever hands them over; gone after 7 days",
    "id_map": "Old and new ids of pool, clients and providers",
    "cut_over": "Who has to change what",
    "config_differences": "Settings that are not the snapshot's",
    "html": "This page",
}


def reason(code: str) -> tuple[str, str]:
    """What `exists`, `attribute_too_long:name` or `AdminCreateUser: SomeException` means, and what to do."""
    name, _, about = code.partition(":")
    if name in REASONS:
        meaning, do = REASONS[name]
        return (f"{meaning}: {about.replace(',', ', ')}" if about else meaning), do
    return (f"{name} was refused: {about.strip()}" if about else f"Cognito did not take it: {name}"), MEND
