"""The runbooks as programs: what a page tells somebody to start, and what it says they will see.

A page names a machine (`**RestoreStateMachine**`) and shows JSON: an input to paste, or, with a `status`, the output
that one sees. Ids on the pages are placeholders, listed in docs/runbooks/README.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
RUNBOOKS = ROOT / "docs/runbooks"
INDEX = RUNBOOKS / "README.md"
FENCE = re.compile(r"^( *)```(?P<language>\w+)\n(?P<block>.*?)^ *```$", re.MULTILINE | re.DOTALL)
MACHINE = re.compile(r"\b([A-Z][a-z]+)StateMachine\b")

#: The pool that a page is about, the one that takes its place, and the app client that asks the old one.
POOL, TARGET, ABROAD, CLIENT = (
    "us-east-1_AbCdEfGhI",
    "us-east-1_Target",
    "eu-west-1_Target",
    "1h57kf5cpq17m0eml12EXAMPLE",
)
#: Snapshots: the last good one, the first bad one, one that is gone.
GOOD, BAD, REMOVED = "20261122T030000Z-3f9a1c", "20261123T030000Z-5b2e90", "20261018T030000Z-c41d07"
#: The run that one is looking at: each output has its own.
RUN = "20261123T081500Z-77ab01"
DRILL = "20261123T081600Z-9e04c2"
BUCKET = "s3://bucket/"
PLACEHOLDERS = (POOL, TARGET, ABROAD, CLIENT, GOOD, BAD, REMOVED, RUN, DRILL)
#: What an id or a bucket looks like wherever a page shows one.
IDS = re.compile(r"[a-z]{2}-[a-z]+-\d_\w+|\d{8}T\d{6}Z-[0-9a-f]{6}|\b\w{19}EXAMPLE\b")
_TOKENS = re.compile("|".join(map(re.escape, (*PLACEHOLDERS, BUCKET))))
_SHAPES = {
    **dict.fromkeys((POOL, TARGET, ABROAD), r"[a-z]{2}-[a-z]+-\d_\w+"),
    **dict.fromkeys((GOOD, BAD, REMOVED, RUN, DRILL), r"\d{8}T\d{6}Z-[0-9a-f]{6}"),
    CLIENT: r"\w+",
    BUCKET: r"s3://[\w.-]+/",
}

Json = dict[str, Any]


@dataclass(frozen=True)
class Block:
    """One block of JSON: `job` is the machine that was named last before it."""

    job: str
    kind: str
    document: Json
    line: int

    @property
    def schema(self) -> str:
        return f"{self.job}.{self.kind}"


@dataclass(frozen=True)
class Page:
    """One runbook."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def blocks(self) -> list[Block]:
        """Its blocks of JSON, in order. AssertionError for one that no machine is named before."""
        return blocks_of(self.text)

    def code(self, language: str) -> list[str]:
        """Its other blocks, without their indent."""
        return [
            re.sub(rf"^{found[1]}", "", found["block"], flags=re.MULTILINE)
            for found in FENCE.finditer(self.text)
            if found["language"] == language
        ]


def blocks_of(text: str) -> list[Block]:
    return [_block(text, found) for found in FENCE.finditer(text) if found["language"] == "json"]


def _block(text: str, found: re.Match[str]) -> Block:
    named = MACHINE.findall(text[: found.start()])
    line = text.count("\n", 0, found.start()) + 1
    assert named, f"line {line}: no machine is named before it"
    document: Json = json.loads(found["block"])
    return Block(named[-1].lower(), "result" if "status" in document else "request", document, line)


@cache
def pages() -> tuple[Page, ...]:
    """Every runbook but the index."""
    return tuple(Page(path) for path in sorted(RUNBOOKS.glob("*.md")) if path != INDEX)


def filled(document: Any, known: Mapping[str, str]) -> Any:
    """A document of a page with the real ids in it. KeyError for a placeholder whose id nobody has seen yet."""
    if isinstance(document, dict):
        return {filled(name, known): filled(value, known) for name, value in document.items()}
    if isinstance(document, list):
        return [filled(value, known) for value in document]
    if isinstance(document, str):
        return _TOKENS.sub(lambda found: known[found[0]], document)
    return document


def seen(shown: Any, real: Any, known: dict[str, str], where: str = "") -> list[str]:
    """How an output differs from what the page shows, if at all. New ids are learnt into `known`.

    Where the page shows a fraction, something was measured, and any number will do.
    """
    if isinstance(shown, float) and isinstance(real, float | int):
        return []
    if isinstance(shown, dict) and isinstance(real, dict):
        if shown.keys() != real.keys():
            return [f"{where}: {sorted(real)} instead of {sorted(shown)}"]
        return [one for name in shown for one in seen(shown[name], real[name], known, f"{where}/{name}")]
    if isinstance(shown, list) and isinstance(real, list) and len(shown) == len(real):
        pairs = enumerate(zip(shown, real, strict=True))
        return [one for place, (a, b) in pairs for one in seen(a, b, known, f"{where}/{place}")]
    if isinstance(shown, str) and isinstance(real, str):
        return _matched(shown, real, known, where)
    return [] if shown == real and type(shown) is type(real) else [f"{where}: {real!r} instead of {shown!r}"]


def _matched(shown: str, real: str, known: dict[str, str], where: str) -> list[str]:
    pattern, at, names = "", 0, list[str]()
    for found in _TOKENS.finditer(shown):
        token = found[0]
        pattern += re.escape(shown[at : found.start()])
        pattern += re.escape(known[token]) if token in known else f"({_SHAPES[token]})"
        names += [] if token in known else [token]
        at = found.end()
    match = re.fullmatch(pattern + re.escape(shown[at:]), real)
    if match is None:
        return [f"{where}: {real!r} instead of {filled_if_known(shown, known)!r}"]
    for name, value in zip(names, match.groups(), strict=True):
        if known.setdefault(name, value) != value:
            return [f"{where}: {value} is not the {known[name]} of before"]
    return []


def filled_if_known(text: str, known: Mapping[str, str]) -> str:
    return _TOKENS.sub(lambda found: known.get(found[0], found[0]), text)
