"""The limits of Cognito, switched on by `PUT /_poolsafe/limits`; off, each of them, until then.

    {"quotas": "documented" | {"UserList": 30, ...}, "model": "window" | "bucket",
     "per_operation_and_pool": 5 | null, "per_user": 10 | null,
     "latency": {"median_ms": 100, "p99_ms": 400},
     "pages": {"token_lifetime_s": 3600, "short_pages": 0.1, "empty_pages": 0.1, "duplicates": 0.1,
               "lying_filter": "strangers" | "omits"},
     "lag_s": 2, "seed": 0}

A `PUT` says all of it: what it leaves out is off, and counting starts from nothing. Categories left out of `quotas` are
not limited, nor are single operations and users where `quotas` are not the documented ones, unless told. `GET` tells
the settings and how many requests were admitted and throttled, by category and caller; `DELETE` switches all off.

A caller is known by the app id in its user agent (`AWS_SDK_UA_APP_ID`, or `user_agent_appid` of botocore's Config;
https://docs.aws.amazon.com/sdkref/latest/guide/feature-appid.html), and is "" without one. Quotas are those of one
account in one Region each. A throttled request is answered at once, and is not looked at any further: HTTP 400 with
TooManyRequestsException "Rate exceeded" (https://github.com/boto/boto3/issues/2517). Latency is waited before a request
is looked at.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import Any

from .concern import Answer, Call, Proceed
from .lagging import Lagging
from .latencies import Latency
from .operation_categories import DOCUMENTED, PER_OPERATION_AND_POOL, PER_USER
from .page_manners import PageManners
from .pools import account_and_region, pool_of_client
from .request_quotas import RequestQuotas

SETTINGS = frozenset(
    ("quotas", "model", "per_operation_and_pool", "per_user", "latency", "pages", "lag_s", "seed"),
)
THROTTLED = Answer.error("TooManyRequestsException", "Rate exceeded")
APP_ID = re.compile(r"(?:^| )app/(\S+)")


class Limits:
    """Quotas and latency, as a concern; `manners` and `lagging` are for whoever answers listings, None where off."""

    def __init__(self) -> None:
        self._apply({})

    async def __call__(self, call: Call, proceed: Proceed) -> Answer:
        if self._rates is not None and not self._admits(call, self._rates):
            return THROTTLED
        if self._latency is not None:
            await asyncio.sleep(self._latency.next())
        return await proceed(call)

    def control(self, method: str, body: Any) -> dict[str, Any]:
        if method == "PUT":
            self._apply(body)
        elif method == "DELETE":
            self._apply({})
        return {"settings": self._settings, "counts": self._counts()}

    def _apply(self, settings: Mapping[str, Any]) -> None:
        """ValueError or TypeError for what is no setting; then nothing changes."""
        if unknown := set(settings) - SETTINGS:
            raise ValueError(f"no settings: {', '.join(sorted(unknown))}")
        seed, quotas = settings.get("seed", 0), settings.get("quotas")
        documented = quotas == "documented"
        rates = dict(DOCUMENTED) if documented else quotas
        if rates is not None and (unknown := set(rates) - set(DOCUMENTED)):
            raise ValueError(f"no categories: {', '.join(sorted(unknown))}")
        alone = {"per_operation_and_pool": PER_OPERATION_AND_POOL, "per_user": PER_USER} if documented else {}
        options = {
            **{name: settings.get(name, alone.get(name)) for name in ("per_operation_and_pool", "per_user")},
            "model": settings.get("model", "window"),
        }
        RequestQuotas(rates or {}, **options)
        latency = Latency(**settings["latency"], seed=seed) if settings.get("latency") else None
        manners = PageManners(seed, **settings["pages"]) if settings.get("pages") else None
        lagging = Lagging(settings["lag_s"]) if settings.get("lag_s") else None
        self._rates, self._options, self._latency = rates, options, latency
        self.manners, self.lagging = manners, lagging
        self._settings = dict(settings)
        self._quotas: dict[tuple[str, str], RequestQuotas] = {}

    def _admits(self, call: Call, rates: Mapping[str, float]) -> bool:
        client_id = str(call.members.get("ClientId", ""))
        # An app signs nothing: where it belongs is where its client is.
        pool = pool_of_client(client_id) if client_id and not call.user_pool_id else None
        where = account_and_region(pool)
        if where not in self._quotas:
            self._quotas[where] = RequestQuotas(rates, **self._options)
        return self._quotas[where].admits(
            call.action,
            call.user_pool_id or (pool["Id"] if pool else ""),
            time.monotonic(),
            caller=caller_of(call),
            user=_user(call.members),
            challenge=str(call.members.get("ChallengeName", "")),
        )

    def _counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Over all accounts and Regions."""
        total: dict[str, dict[str, dict[str, int]]] = {}
        for quotas in self._quotas.values():
            for category, callers in quotas.counts().items():
                for caller, counted in callers.items():
                    known = total.setdefault(category, {}).setdefault(caller, dict.fromkeys(counted, 0))
                    for outcome, count in counted.items():
                        known[outcome] += count
        return total


def caller_of(call: Call) -> str:
    found = APP_ID.search(call.user_agent)
    return found[1] if found else ""


def _user(members: Mapping[str, Any]) -> str:
    """Whom a request is about, where it says so; the tokens of users are not looked into."""
    parameters = members.get("AuthParameters") or members.get("ChallengeResponses") or {}
    return str(members.get("Username") or parameters.get("USERNAME") or "")
