"""Logical ids of CloudFormation resources, made from the names that people gave.

They must be alphanumeric and unique in a template [CFN resources section], and
the same for the same name in the next template, or CloudFormation would
replace what has not changed.
"""

from __future__ import annotations

import hashlib
import re

NOT_ALPHANUMERIC = re.compile(r"[^0-9A-Za-z]")
#: 40 bits: two of 500 names that keep the same characters share them about once in nine million templates.
SUFFIX = 10
LOOKS_SUFFIXED = re.compile(rf"[0-9a-f]{{{SUFFIX}}}\Z")
#: A logical id may have 255 characters; a resource server's identifier may have 256 [API CreateResourceServer].
LONGEST = 100


def logical_id(kind: str, name: str, among: str = "") -> str:
    """`Clientweb` for the client `web`, `Clientmyapp3f9a1c0b7d` for `my-app`.

    A name that loses characters gets a part of its hash, and so does one that
    looks as if it had one already: else it could be made to meet another.
    `among` tells things of the same name apart, as two app clients may be.
    `kind` may not be the beginning of another kind.
    """
    kept = NOT_ALPHANUMERIC.sub("", name)[:LONGEST]
    if kept == name and name and not among and not LOOKS_SUFFIXED.search(name):
        return f"{kind}{name}"
    # A name cannot hold a NUL, so no name with an `among` is another name without one.
    digest = hashlib.sha256(f"{name}\0{among}".encode()).hexdigest()
    return f"{kind}{kept}{digest[:SUFFIX]}"
