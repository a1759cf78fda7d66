"""The end of a migration: nobody asks the source any more, and somebody is told what is left to do with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..domain.migration.attachment import Trigger
from ..domain.migration.comparison import Point
from ..domain.migration.ending import ending
from ..ports import Deadline
from .attach_triggers import AttachTriggers
from .read_configuration import ReadConfiguration


def end_migration(
    triggers: AttachTriggers, source: ReadConfiguration, point: Mapping[str, Any], moment: datetime, deadline: Deadline
) -> bytes:
    """The report's `ending`. The migration trigger goes only when everybody is there; the token trigger stays, because
    applications go on asking for the old `sub`."""
    seen = Point(**point)
    if not seen.not_yet:
        triggers.detach((Trigger.USER_MIGRATION,))
    told = ending(source.everything(deadline.near), seen, moment, is_detached=not seen.not_yet)
    return json.dumps(told, ensure_ascii=False).encode()
