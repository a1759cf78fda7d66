"""Who waits with a password that was handed out: no later restore may take it away.

Cognito cannot tell somebody who was given a temporary password from somebody
whom a dead restore left without one: both are in FORCE_CHANGE_PASSWORD.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waiting:
    """One row of `waiting/<user pool id>/*.parquet`: the `sub` in the target, and nothing else."""

    new_sub: str
