"""A pool for trying a restore: the snapshot's, less whatever reaches beyond it.

No trigger of production runs, no domain is taken, nothing is logged, screened or replicated elsewhere, threat
protection judges nobody (it may write to people), and no tag makes somebody else's script take it for the real one.
Nothing protects it: it is made to be deleted.
"""

from __future__ import annotations

from dataclasses import replace

from .model import Configuration, SectionName

#: The tag of a scratch pool, written with CreateUserPool itself: what may be deleted is told by it, and nothing else.
SCRATCH_TAG = "poolsafe:scratch"
#: Sections that reach beyond the pool, or need one that does: a hosted page needs a domain.
LEFT_OUT = (
    SectionName.DOMAINS,
    SectionName.UI_CUSTOMIZATION,
    SectionName.LOG_DELIVERY,
    SectionName.RISK,
    SectionName.EXTERNAL,
    SectionName.REPLICAS,
    SectionName.TAGS,
)
#: Settings of the pool itself that do.
UNSET = ("LambdaConfig", "UserPoolTags", "UserPoolAddOns", "Domain", "CustomDomain")


def as_scratch(source: Configuration) -> Configuration:
    """The configuration of a scratch pool."""
    pool = {name: value for name, value in source.user_pool.items() if name not in UNSET}
    documents = {name: value for name, value in source.documents.items() if name not in LEFT_OUT}
    documents[SectionName.USER_POOL] = {**pool, "DeletionProtection": "INACTIVE"}
    return replace(source, documents=documents)
