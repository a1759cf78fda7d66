"""Which triggers a pool's feature plan has: the access token is changed from Essentials on.

Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html, "Event
versions" (V2_0 and V3_0 need Essentials or Plus), https://docs.aws.amazon.com/cognito-user-identity-pools/latest/
APIReference/API_UpdateUserPool.html (FeatureUnavailableInTierException; TierChangeNotAllowedException where it is the
plan that changes).

Not done: pools that had advanced security on 22 November 2024 keep V2_0 on the Lite plan.
"""

from __future__ import annotations

from .concern import Answer, Call, Proceed
from .operations import tier_of
from .pool_settings import CREATES, UPDATES
from .pools import pool_of_request

LITE, FIRST = "LITE", "V1_0"
PROBLEM = "The following features need to be disabled for the LITE pricing tier configured"


async def trigger_settings(call: Call, proceed: Proceed) -> Answer:
    if call.action not in (CREATES, UPDATES):
        return await proceed(call)
    pool = pool_of_request(call.user_pool_id) if call.action == UPDATES else None
    version = ((call.members.get("LambdaConfig") or {}).get("PreTokenGenerationConfig") or {}).get("LambdaVersion")
    wanted = call.members.get("UserPoolTier") or (tier_of(pool) if pool else None)
    if wanted != LITE or version in (None, FIRST):
        return await proceed(call)
    changes = pool is not None and tier_of(pool) != LITE
    name = "TierChangeNotAllowedException" if changes else "FeatureUnavailableInTierException"
    return Answer.error(name, f"{PROBLEM}: Access Token Customization")
