"""How fast a run may go: the quotas in force, less what others use just now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.quotas import Category
from ..domain.quotas_told import WORTH_TELLING, leaving_room
from ..errors import PoolsafeError
from .read_quotas import ReadQuotas, differing
from .read_usage import MINUTES, ReadUsage


@dataclass(frozen=True, slots=True)
class SetPace:
    """`known` are the quotas by the table and the stack's parameter, `given` those that the parameter names.

    The account's owner knows: a category that is given is not asked for. `read_usage` is None where it is not allowed.
    """

    read_quotas: ReadQuotas
    read_usage: ReadUsage | None
    known: Mapping[Category, float]
    given: frozenset[Category]

    def __call__(self, categories: Sequence[Category], quota_share: float) -> tuple[dict[str, float], list[str]]:
        """Quotas that are otherwise than known, in requests per second, and warnings. Never fails a run."""
        found = self.read_quotas([category for category in categories if category not in self.given])
        quotas = {category: found.rates.get(category, self.known[category]) for category in categories}
        warnings = found.warnings
        if self.read_usage is not None:
            try:
                usage = self.read_usage(categories)
            except PoolsafeError as error:
                warnings.append(f"How much others use could not be read, so no room is left for them. {error}")
                usage = {}
            for category, others in usage.items():
                quota = quotas[category]
                quotas[category] = leaving_room(quota, quota_share, others)
                if quotas[category] < quota * WORTH_TELLING:
                    warnings.append(
                        f"In the last {MINUTES} minutes this account made up to {others:.0f} calls of {category.value} "
                        f"a second here, of {quota:g}. To leave room, this run makes no more than "
                        f"{quotas[category] * quota_share:.3g}, not {quota * quota_share:.3g}. If that was Poolsafe or "
                        "is over, start again a quarter of an hour later, or set WatchUsage (a parameter of the stack) "
                        "to false."
                    )
        return differing(quotas, self.known), warnings
