"""Where a drill's files lie, and what its pool is called."""

from __future__ import annotations

from dataclasses import dataclass

#: What the names of scratch pools begin with. A pool without the tag is none, whatever its name.
POOL_PREFIX = "poolsafe-drill-"


@dataclass(frozen=True, slots=True)
class DrillPaths:
    """One drill of one pool."""

    drill_id: str

    @property
    def prefix(self) -> str:
        return f"drills/{self.drill_id}/"

    @property
    def pool_name(self) -> str:
        return f"{POOL_PREFIX}{self.drill_id}"

    @property
    def sample_key(self) -> str:
        """Whom the restore is about: user data, on its way."""
        return f"working/{self.drill_id}/sample.json"

    @property
    def plan_key(self) -> str:
        return f"{self.prefix}plan.json"

    @property
    def report_key(self) -> str:
        return f"{self.prefix}report.json"

    @property
    def html_key(self) -> str:
        return f"{self.prefix}report.html"

    def point_key(self, user_pool_id: str) -> str:
        """One point of the trend of a pool's drills."""
        return f"{history_of(user_pool_id)}{self.drill_id}.json"


def history_of(user_pool_id: str) -> str:
    return f"drills/history/{user_pool_id}/"


#: The Regions that there were drills in: where the janitor looks.
REGIONS = "drills/regions/"
