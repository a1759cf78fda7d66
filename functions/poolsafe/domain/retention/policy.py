"""How long snapshots are kept, in restic's terms: `keep_last`, `keep_daily` ... count periods that have a snapshot.

Of each of the last n days (weeks, months, years) that have one, the newest snapshot is kept; days without do not count
[https://restic.readthedocs.io/en/stable/060_forget.html]. A day begins at midnight in the policy's time zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ...errors import InvalidRequest

#: `30d`, `1y6m`, `12h`: a duration as restic writes it.
DURATION = re.compile(r"(?:(\d{1,3})y)?(?:(\d{1,4})m)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?")
#: The periods that are counted, by what of a moment names them.
PERIODS: Mapping[str, Callable[[datetime], str]] = {
    "keep_daily": lambda at: f"{at:%Y-%m-%d}",
    # A week is that of ISO 8601, which begins on Monday, and belongs to the year that most of it lies in.
    "keep_weekly": lambda at: f"{at:%G-W%V}",
    "keep_monthly": lambda at: f"{at:%Y-%m}",
    "keep_yearly": lambda at: f"{at:%Y}",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is kept: the union of what each rule keeps. `keep_within` counts back from the newest snapshot."""

    keep_last: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0
    keep_within: str = ""
    time_zone: str = "UTC"

    @classmethod
    def of(cls, document: Mapping[str, Any], time_zone: str) -> Policy:
        """Read `policy` of a request, or the parameters of the stack. Raises InvalidRequest, naming the field."""
        policy = cls(**document, time_zone=time_zone)
        try:
            ZoneInfo(time_zone)
        except (KeyError, ValueError, OSError):
            field = "NightlyTimeZone (a parameter of the stack)"
            raise InvalidRequest(field, "is no time zone", "Europe/Vienna") from None
        if not DURATION.fullmatch(policy.keep_within):
            raise InvalidRequest("keep_within", "is no duration in years, months, days and hours", '"1y6m10d12h"')
        if not policy.keeps_something:
            raise InvalidRequest(
                "policy",
                "would keep nothing. Give at least one of keep_last, keep_daily, keep_weekly, keep_monthly, keep_yearly"
                " and keep_within",
                '"policy": {"keep_daily": 35, "keep_monthly": 12}',
            )
        return policy

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def keeps_something(self) -> bool:
        return any(getattr(self, name) for name in ("keep_last", *PERIODS)) or bool(
            re.search("[1-9]", self.keep_within)
        )

    def to_state(self) -> dict[str, Any]:
        return asdict(self)

    def begins_before(self, newest: datetime) -> datetime | None:
        """From when on everything is kept by `keep_within`; None where it keeps nothing."""
        if not re.search("[1-9]", self.keep_within):
            return None
        found = DURATION.fullmatch(self.keep_within)
        years, months, days, hours = (int(number or 0) for number in found.groups()) if found else (0, 0, 0, 0)
        return _months_before(newest, 12 * years + months) - timedelta(days=days, hours=hours)


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day so many months ago, or that month's last: a month before 31 March is 28 or 29 February."""
    total = moment.year * 12 + moment.month - 1 - months
    year, month = max(1, total // 12), total % 12 + 1
    for day in range(moment.day, 0, -1):
        try:
            return moment.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise ValueError(moment)
