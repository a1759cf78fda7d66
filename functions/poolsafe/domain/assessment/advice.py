"""The recommendation in sentences: the answer, reasons, costs, risks and steps, each with its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .recommend import MATERIAL, Case, Recommendation, Situation, counts, decide
from .replication import Eligibility
from .settings import Change
from .sizes import DEFAULT_MAILS_A_DAY, Effort, Way
from .sub_use import LIKELY
from .wording import duration, number, users

#: How long depends on how often people sign in, which no list operation tells.
WINDOW = "Keep the window open until hardly anybody new comes over it: the trigger's log shows how many do."

#: Ways in which passwords are lost, so that people have to act.
LOSES_PASSWORDS = (Recommendation.RESET, Recommendation.MIX, Recommendation.FIRST_SIGN_IN)


def recommendation(case: Case, situation: Situation, efforts: Mapping[Way, Effort]) -> dict[str, Any]:
    """`way`, the `answer` in one sentence, `counts` of users by way, `reasons`, `costs`, `risks`, `steps`."""
    way, because = decide(case)
    taken = counts(way, case)
    return {
        "way": way.value,
        "answer": _answer(way, case, taken, situation),
        "counts": taken,
        "reasons": [because, *_reasons(way, case, situation)],
        "costs": list(_costs(way, taken, situation, efforts)),
        "risks": list(_risks(way, case, taken, situation)),
        "steps": list(STEPS[way](case, situation)),
    }


def _answer(way: Recommendation, case: Case, taken: Mapping[str, int], situation: Situation) -> str:
    match way:
        case Recommendation.IN_PLACE:
            return f"No migration is needed: change it in the pool as it is ({situation.titles})."
        case Recommendation.REPLICATION:
            return "No migration is needed: add a replica in a second Region; ids and passwords stay."
        case Recommendation.FEDERATION_ONLY:
            return f"Yes: {users(taken['federation'])} come back by themselves when they sign in with their provider."
        case Recommendation.RESET if not case.users:
            return "Yes: the pool has no users, so only its configuration has to be made again."
        case Recommendation.RESET:
            return f"Yes, in one go: {users(taken['reset'])} choose a new password through 'forgot password'."
        case Recommendation.FIRST_SIGN_IN:
            return f"Yes, gradually: {users(taken['first_sign_in'])} keep their passwords by moving as they sign in."
        case _:
            return f"Yes, in more than one way: {_parts(taken)}."


def _parts(taken: Mapping[str, int]) -> str:
    said = {
        "federation": "return through their provider",
        "first_sign_in": "move as they sign in",
        "reset": "are restored and choose a new password",
        "unreachable": "need help by hand",
    }
    return ", ".join(f"{taken[part]:,} {what}" for part, what in said.items() if taken[part])


def _reasons(way: Recommendation, case: Case, situation: Situation) -> Iterator[str]:
    if way in (Recommendation.IN_PLACE, Recommendation.REPLICATION):
        yield f"Asked for: {situation.titles}."
        yield f"A new pool would cost {users(case.local)} their passwords, and everybody their sub."
        return
    if situation.changes:
        yield f"Asked for: {situation.titles}."
    yield f"{users(case.users)}: {case.federated:,} from identity providers, {case.local:,} with a password here."
    if case.local:
        yield f"{case.reachable:,} of the {case.local:,} have a verified e-mail address or phone number."
    if case.mail_days and case.mail_days > 1:
        yield (
            f"Cognito's own sender takes {DEFAULT_MAILS_A_DAY} e-mails a day: one to everybody takes "
            f"{number(case.mail_days, 'day')}."
        )
    if case.local and case.dormant >= MATERIAL * case.local:
        yield f"{users(case.dormant)} who could sign in have not changed for over a year: many may not come back."
    elif case.signs_in_first and way is Recommendation.FIRST_SIGN_IN:
        yield f"Only {case.dormant:,} of {case.local:,} are unchanged for over a year, so most are likely to sign in."


def _costs(
    way: Recommendation, taken: Mapping[str, int], situation: Situation, efforts: Mapping[Way, Effort]
) -> Iterator[str]:
    if way is Recommendation.IN_PLACE:
        yield "No user is touched and none is billed for it."
        return
    if way is Recommendation.REPLICATION:
        yield "An add-on price for replication; every application must trust the UPDATED issuer if it is not set yet."
        return
    if taken["reset"]:
        hours = efforts[Way.RESET].hours or 0
        local = max(1, efforts[Way.RESET].billed or 1)
        yield (
            f"{users(taken['reset'])} billed as active in the month of the restore, which takes at least "
            f"{duration(hours * taken['reset'] / local)} at the quotas given."
        )
        yield f"{users(taken['reset'])} have to choose a new password."
    if taken["first_sign_in"]:
        yield "The old pool runs on beside the new one: who signs in then is active in both pools, and billed in both."
    if taken["federation"]:
        yield "Federated users are billed when they sign in, as always."
    if situation.sub_likelihood == LIKELY:
        yield "Everybody gets a new sub: applications that keep it need the map or the token trigger."


def _risks(way: Recommendation, case: Case, taken: Mapping[str, int], situation: Situation) -> Iterator[str]:
    if way is Recommendation.REPLICATION:
        yield from map(str, situation.replication["limits"])  # type: ignore[call-overload]
        yield "Whether the pool is on the infrastructure that offers replication can only be seen in the console."
        return
    if way is Recommendation.IN_PLACE:
        yield "UpdateUserPool sets what is left out to its default: send the whole configuration, and back up first."
        return
    if taken["first_sign_in"]:
        yield "The old pool must stay alive, with its password client, until the window closes."
        if situation.clients_to_change:
            yield (
                f"The password is not sent (SRP) by {number(situation.clients_to_change, 'app client')}: while the "
                "migration runs, USER_PASSWORD_AUTH must be allowed there and used by the application."
            )
        yield "A user who is created in the new pool before signing in there is never migrated: restore others last."
    if case.unreachable and taken["reset"] + taken["first_sign_in"]:
        yield f"{users(case.unreachable)} cannot be reached by 'forgot password'."
        if situation.address_unverified:
            yield f"{situation.address_unverified:,} of these have an address: get it verified before the move."
    yield from _clashes(situation)
    yield from _mfa_risks(way, case, situation)
    if taken["federation"]:
        yield "A federated user returns with a new sub; groups and own attributes must be put back after that sign-in."


def _clashes(situation: Situation) -> Iterator[str]:
    """Who cannot come along because the new pool would take two users for one."""
    if situation.collisions is None:
        return
    by_address = {Change.USERNAME_ATTRIBUTES, Change.ALIAS_ATTRIBUTES} & set(situation.changes)
    if Change.CASE_SENSITIVITY in situation.changes and situation.collisions.usernames:
        yield f"{users(situation.collisions.usernames)} would be taken for another: the names differ by case alone."
    if by_address and (shared := situation.collisions.emails + situation.collisions.phone_numbers):
        yield f"{number(shared, 'verified address', 'verified addresses')} cannot name two users: one must give way."


def _mfa_risks(way: Recommendation, case: Case, situation: Situation) -> Iterator[str]:
    if situation.mfa == "OFF" or not case.local or way not in LOSES_PASSWORDS:
        return
    known = "" if situation.totp_users is None else f" ({users(situation.totp_users)} known)"
    yield f"Authenticator apps{known}, passkeys and remembered devices cannot be moved: these users enrol again."
    if situation.mfa == "ON":
        yield (
            "MFA is required: who has no other factor sets one up at the first sign-in, and whose only address serves "
            "both MFA and recovery cannot reset a password."
        )


Steps = Callable[[Case, Situation], Iterator[str]]


def _new_pool() -> Iterator[str]:
    yield "Back up the pool, and restore its configuration with create_pool: mind the list of what changes below."


def _providers(case: Case) -> Iterator[str]:
    if case.federated:
        yield "Register the new pool with each identity provider: redirect URI, or entity id and ACS URL."


def _cut_over() -> Iterator[str]:
    yield "Give applications the new ids and issuer; let APIs trust both issuers until old tokens have run out."


def _in_place(_: Case, situation: Situation) -> Iterator[str]:
    yield "Back up the pool."
    yield f"Change: {situation.titles}."


def _replication(_: Case, situation: Situation) -> Iterator[str]:
    if situation.replication["eligibility"] == Eligibility.AFTER_CHANGES:
        conditions: Any = situation.replication["conditions"]
        lacking = [one["condition"] for one in conditions if one["met"] is False]
        yield f"First, in place: {'; '.join(lacking)}."
    yield "Create the replica, configure its senders, triggers and WAF, then activate it."
    yield "Keep backing up: replication does not bring back what was deleted."


def _federation(case: Case, _: Situation) -> Iterator[str]:
    yield from _new_pool()
    yield from _providers(case)
    if case.local:
        yield f"Restore the {users(case.local)} who have a password, with credentials: reset."
    yield from _cut_over()


def _reset(case: Case, _: Situation) -> Iterator[str]:
    yield from _new_pool()
    yield from _providers(case)
    if case.users:
        yield "Run the restore with dry_run, then with credentials: reset. No message is sent."
        yield "Tell people, on the day, to choose a new password through 'forgot password'."
    yield from _cut_over()


def _first_sign_in(case: Case, situation: Situation) -> Iterator[str]:
    yield from _new_pool()
    yield from _providers(case)
    yield "Set the migration trigger on the new pool; it asks the old one whether the password is right."
    if situation.clients_to_change:
        yield f"Let {number(situation.clients_to_change, 'app client')} send the password while the window is open."
    yield from _cut_over()
    yield WINDOW
    yield "Then restore who has not come, with credentials: reset, and retire the old pool."


def _mix(case: Case, situation: Situation) -> Iterator[str]:
    yield from (_first_sign_in if case.signs_in_first else _federation)(case, situation)


STEPS: Mapping[Recommendation, Steps] = {
    Recommendation.IN_PLACE: _in_place,
    Recommendation.REPLICATION: _replication,
    Recommendation.FEDERATION_ONLY: _federation,
    Recommendation.RESET: _reset,
    Recommendation.FIRST_SIGN_IN: _first_sign_in,
    Recommendation.MIX: _mix,
}
