"""Which request quotas are in force in this account, of the categories that a job draws on.

    for each category: what Cognito says is provisioned, where it may be provisioned at all
    else what Service Quotas says, else the documented table

Never fails a job: what cannot be read, or cannot be meant, is taken from the next source, with a warning. Not for
another account's quotas: GetProvisionedLimit knows no other account's (developer guide, "Quotas in Amazon Cognito").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..domain.quotas import DOCUMENTED, Category, is_rate
from ..domain.quotas_told import ADJUSTABLE, SERVICE_CODE, category_of
from ..errors import PoolsafeError, Rejected
from ..ports import Clock, ServiceApi

#: GetProvisionedLimit: one request per second and account (LimitManagement).
SECONDS_BETWEEN = 1 / DOCUMENTED[Category.LIMIT_MANAGEMENT]
MAX_PAGES = 20


@dataclass(slots=True)
class QuotasRead:
    """Requests per second by category, of those that some source told; and what people should know."""

    rates: dict[Category, float] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadQuotas:
    """Asks Cognito and Service Quotas of one Region. Their clients must give up soon and not try again for long."""

    cognito: ServiceApi
    service_quotas: ServiceApi
    clock: Clock

    def __call__(self, categories: Iterable[Category]) -> QuotasRead:
        """The rates of these categories. Takes a second for each that may be provisioned. Raises nothing of AWS's."""
        found = QuotasRead()
        wanted = [*dict.fromkeys(categories)]
        self._ask_cognito([category for category in wanted if category in ADJUSTABLE], found)
        missing = [category for category in wanted if category not in found.rates]
        if missing:
            self._ask_service_quotas(missing, found)
        unknown = [category for category in missing if category not in found.rates]
        if unknown:
            assumed = ", ".join(f"{category.value} {DOCUMENTED[category]:g}" for category in unknown)
            found.warnings.append(
                f"The documented quotas are assumed, in requests per second: {assumed}. If this account's are others, "
                "say so in Quotas (a parameter of the stack)."
            )
        return found

    def _ask_cognito(self, categories: list[Category], found: QuotasRead) -> None:
        for number, category in enumerate(categories):
            if number:
                self.clock.sleep(SECONDS_BETWEEN)
            definition = {"LimitClass": "API_CATEGORY", "Attributes": {"Category": category.value}}
            try:
                answer = self.cognito.call("GetProvisionedLimit", LimitDefinition=definition)
            except PoolsafeError as error:
                found.warnings.append(f"The provisioned quota of {category.value} could not be read. {error}")
                if not isinstance(error, Rejected):
                    return  # whatever it is, it is not about this category
                continue
            _believe(category, (answer.get("Limit") or {}).get("ProvisionedLimitValue"), "GetProvisionedLimit", found)

    def _ask_service_quotas(self, categories: list[Category], found: QuotasRead) -> None:
        try:
            told = dict(self._listed())
        except PoolsafeError as error:
            found.warnings.append(f"The account's quotas could not be read. {error}")
            return
        for category in categories:
            _believe(category, told.get(category), "ListServiceQuotas", found)

    def _listed(self) -> Iterator[tuple[Category, Any]]:
        members: dict[str, Any] = {"ServiceCode": SERVICE_CODE, "MaxResults": 100}
        for _ in range(MAX_PAGES):
            answer = self.service_quotas.call("ListServiceQuotas", **members)
            for quota in answer.get("Quotas") or ():
                category = category_of(quota.get("QuotaName") or "", quota.get("QuotaCode") or "")
                if category is not None:
                    yield category, quota.get("Value")
            token = answer.get("NextToken")
            if not token or token == members.get("NextToken"):
                return
            members["NextToken"] = token


def _believe(category: Category, value: Any, source: str, found: QuotasRead) -> None:
    if is_rate(value):
        found.rates[category] = float(value)
    else:
        told = "nothing" if value is None else f"{value!r}"
        found.warnings.append(f"{source} told {told} of {category.value}, which cannot be a quota.")


def differing(rates: Mapping[Category, float], known: Mapping[Category, float]) -> dict[str, float]:
    """What is otherwise than known, for travelling in a state: `{"UserCreation": 200.0}`."""
    return {category.value: rate for category, rate in rates.items() if rate != known[category]}
