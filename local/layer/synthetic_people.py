"""The users of a synthetic pool: each is made from their number, their `sub`, and 64 bits of chance.

Assumed: what share of them is disabled, in which state, or has a telephone, which AWS tells of no pool.
"""

from __future__ import annotations

FIRST_NAMES = (
    "Ada",
    "Bo",
    "Chidi",
    "Dolores",
    "Emil",
    "Fatima",
    "Gustav",
    "Hui",
    "Ines",
    "Jun",
    "Katarzyna",
    "Lê",
    "Zoë",
)
LAST_NAMES = ("Abara", "Brandt", "Castellanos", "Dubois", "Eriksen", "Fu", "García", "Hashimoto", "Ito", "Wójcik")
TIERS = ("free", "silver", "gold")
#: Thousandths of the users. The rest are CONFIRMED.
STATUSES = ((20, "UNCONFIRMED"), (50, "FORCE_CHANGE_PASSWORD"), (60, "RESET_REQUIRED"))
UNUSUAL = STATUSES[-1][0]
DISABLED, WITH_PHONE = 10, 300
#: The years in which people signed up, one after the other: 2019 to 2026.
FIRST_SIGN_UP, SIGN_UPS_LAST = 1_546_300_800, 225_000_000


def username(number: int) -> str:
    return f"person{number:08d}"


def email(number: int) -> str:
    return f"{username(number)}@example.com"


def told(number: int, users: int, sub: str, chance: int) -> str:
    """The user as ListUsers tells them, in JSON; one of so many."""
    name = f"{FIRST_NAMES[(chance >> 8) % len(FIRST_NAMES)]} {LAST_NAMES[(chance >> 16) % len(LAST_NAMES)]}"
    thousandth = chance % 1000
    status = "CONFIRMED" if thousandth >= UNUSUAL else next(state for below, state in STATUSES if thousandth < below)
    created = FIRST_SIGN_UP + SIGN_UPS_LAST * number // users + (chance >> 40) % 1000 / 1000
    changed = created + (chance >> 20) % 20_000_000
    verified = "false" if status == "UNCONFIRMED" else "true"
    phone = (
        f',{{"Name":"phone_number","Value":"+1202{number:08d}"}},{{"Name":"phone_number_verified","Value":"true"}}'
        if (chance >> 12) % 1000 < WITH_PHONE
        else ""
    )
    return (
        f'{{"Username":"{username(number)}","Attributes":['
        f'{{"Name":"email","Value":"{email(number)}"}},'
        f'{{"Name":"email_verified","Value":"{verified}"}},'
        f'{{"Name":"name","Value":"{name}"}}{phone},'
        f'{{"Name":"custom:tier","Value":"{TIERS[number % 3]}"}},'
        f'{{"Name":"sub","Value":"{sub}"}}],'
        f'"UserCreateDate":{created:.3f},"UserLastModifiedDate":{changed:.3f},'
        f'"Enabled":{"false" if (chance >> 24) % 1000 < DISABLED else "true"},"UserStatus":"{status}"}}'
    )
