"""Users as rows of the CSV file that Cognito imports: which can be one, and how it is written.

Sources: [DG cognito-user-pools-using-import-tool] and its limits in [DG quotas]: the columns of GetCSVHeader, UTF-8, no
quotation marks, a comma inside a value as `\\,`, values trimmed, dates of birth mm/dd/yyyy, 16,000 characters a row,
500,000 users and 100 MB a file, and at least one auto-verified attribute verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..birthdates import of_a_file
from ..records import User
from ..target import ON, TargetPool, is_verified
from .outcome import Reason

USERNAME, MFA = "cognito:username", "cognito:mfa_enabled"
MAX_ROW_CHARACTERS = 16_000
MAX_FILE_ROWS = 500_000
MAX_FILE_BYTES = 100_000_000
FLAGS = ("email_verified", "phone_number_verified")


def why_not_imported(user: User, attributes: Mapping[str, str], target: TargetPool) -> Reason | None:
    """Why no row can be this user; None where one can."""
    if not any(is_verified(user, channel) for channel in target.auto_verified):
        return Reason.NOT_AUTO_VERIFIED
    name = target.sign_in_name(user) or ""
    if any(character.isspace() for character in name) or not all(map(_fits, [name, *attributes.values()])):
        return Reason.NOT_FOR_CSV
    if (birthdate := attributes.get("birthdate")) and of_a_file(birthdate) is None:
        return Reason.NOT_FOR_CSV
    # Every column of the pool is in the file, so a row has a comma for each.
    if len(_join([name, "false", *attributes.values()])) + len(target.attribute_names) > MAX_ROW_CHARACTERS:
        return Reason.ROW_TOO_LONG
    return None


def row(
    header: Sequence[str],
    sign_in_name: str,
    attributes: Mapping[str, str],
    target: TargetPool,
) -> str:
    """One line of the file, without its end. Columns the user has nothing for stay empty; flags are always said."""
    given = {**attributes, USERNAME: sign_in_name, MFA: _mfa(target)}
    for flag in FLAGS:
        given[flag] = "true" if attributes.get(flag, "").lower() == "true" else "false"
    if birthdate := attributes.get("birthdate"):
        given["birthdate"] = of_a_file(birthdate) or birthdate
    return _join([given.get(column, "") for column in header])


def _mfa(target: TargetPool) -> str:
    """`true` where MFA is required, and `false` elsewhere: a second factor by the file could be the only way back."""
    return "true" if target.mfa_mode == ON else "false"


def _join(values: Sequence[str]) -> str:
    return ",".join(value.replace(",", "\\,") for value in values)


def _fits(value: str) -> bool:
    """Whether a value comes out of the file as it went in: nothing is documented of other escapes than the comma's, nor
    of what ends a line there.
    """
    return value == value.strip() and len(value.splitlines()) < 2 and not any(sign in value for sign in '"\\\x00')
