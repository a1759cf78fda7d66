"""Reading a pool's description, with an error that names the input's field."""

from __future__ import annotations

import json
from typing import Any

from ..domain.configuration.secrets import take_out
from ..errors import PoolNotFound
from ..ports import UserPool


def pool_exists(pool: UserPool) -> bool:
    """Whether there is such a pool."""
    try:
        pool.describe()
    except PoolNotFound:
        return False
    return True


def describe_pool(pool: UserPool, field: str) -> tuple[dict[str, Any], bytes]:
    """The pool as DescribeUserPool tells it, and the same without secrets as JSON to keep. Raises PoolNotFound."""
    try:
        described = pool.describe()
    except PoolNotFound as error:
        raise PoolNotFound(f"{field}: {error}") from None
    clean, _ = take_out(described)
    content = json.dumps(clean, default=lambda moment: moment.isoformat(), indent=1, ensure_ascii=False)
    return described, content.encode()
