"""Password hashes that come with an import: what they may look like, and whether a password is the one.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-using-import-tool.html, "Supported
password hashing algorithms", with the formats and the greatest parameters; a hash that is malformed or out of bounds
fails the row.

What cannot be done here: to check a password against a bcrypt hash, which needs a library this project does not have.
Such a user is told that the password is wrong.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

BASE64 = r"[A-Za-z0-9+./]+"
#: By algorithm: the form, with a group for every parameter that has a bound, and the bounds.
FORMATS = {
    "BCRYPT": (re.compile(r"\$2[abxy]\$(\d\d)\$[A-Za-z0-9./]{53}"), (12,)),
    "SCRYPT": (re.compile(r"(\d+)\$(\d+)\$(\d+)\$(?:[0-9a-fA-F]{2})+\$(?:[0-9a-fA-F]{2})+"), (65536, 8, 1)),
    "ARGON2ID": (re.compile(rf"\$argon2id\$v=\d+\$m=(\d+),t=(\d+),p=(\d+)\${BASE64}\${BASE64}"), (19456, 2, 1)),
    "PBKDF2_SHA256": (re.compile(rf"\$pbkdf2-sha256\$(\d+)\${BASE64}\${BASE64}"), (600_000,)),
}


def hash_problem(algorithm: str, value: str) -> str | None:
    form, bounds = FORMATS[algorithm]
    match = form.fullmatch(value)
    if match is None:
        return "The password hash is malformed."
    if any(int(found) > bound for found, bound in zip(match.groups(), bounds, strict=True)):
        return "A parameter of the password hash is out of bounds."
    return None


def is_password(algorithm: str, value: str, password: str) -> bool:
    """Whether that hash, which has no problem, was made of that password."""
    if algorithm == "SCRYPT":
        n, r, p, salt, digest = value.split("$")
        wanted = bytes.fromhex(digest)
        sizes = {"n": int(n), "r": int(r), "p": int(p), "dklen": len(wanted), "maxmem": 2**28}
        return hmac.compare_digest(hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **sizes), wanted)
    if algorithm == "PBKDF2_SHA256":
        _, _, rounds, salt, digest = value.split("$")
        wanted = _decoded(digest)
        made = hashlib.pbkdf2_hmac("sha256", password.encode(), _decoded(salt), int(rounds), len(wanted))
        return hmac.compare_digest(made, wanted)
    if algorithm == "ARGON2ID":
        return _is_argon2id(value, password)
    return False


def _is_argon2id(value: str, password: str) -> bool:
    from cryptography.exceptions import InvalidKey
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    try:
        Argon2id.verify_phc_encoded(password.encode(), value)
    except InvalidKey:
        return False
    return True


def _decoded(text: str) -> bytes:
    """Base64 without padding, a dot in the plus sign's place."""
    return base64.b64decode(text.replace(".", "+") + "=" * (-len(text) % 4))
