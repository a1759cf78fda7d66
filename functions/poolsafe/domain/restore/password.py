"""Passwords nobody knows: made, sent to Cognito, forgotten."""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from typing import Any

#: A subset of the special characters that Cognito counts as such [DG user-pool-settings-policies].
SYMBOLS = "!@#%^*_-+=~"
CLASSES = (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS)
#: 40 characters of 73 are some 247 bits. Cognito's policies ask for 6 to 99.
LENGTH = 40


def unguessable(policy: Mapping[str, Any], choose: Callable[[Sequence[str]], str]) -> str:
    """A password that fits any policy of that length. `choose` is `secrets.choice`, or a test's.

    The first character of each class is drawn first, and its place is fixed:
    that costs a few bits of many, and no shuffle has to be trusted.
    """
    length = max(LENGTH, int(policy.get("MinimumLength", 0)))
    alphabet = "".join(CLASSES)
    return "".join(choose(group) for group in CLASSES) + "".join(choose(alphabet) for _ in range(length - len(CLASSES)))
