"""The embedded cloud as one ASGI application: the emulator, what surrounds its Cognito, and the controls.

Import it only in a process whose environment is set (`serve.py`): the emulator reads its settings when it is imported.
"""

from __future__ import annotations

import os

from ministack import app as emulator

from .calls import Calls
from .concern import Concern, surround
from .controls import App, with_controls
from .faults import Faults
from .function_process import make_functions_like_lambda
from .group_defaults import group_defaults
from .group_quota import group_quota
from .messages import Messages
from .password_reset import password_reset
from .schema_checks import schema_checks
from .seed import put_users
from .transport import as_if_over_tls
from .usernames import usernames

COGNITO = "cognito-idp"


def application() -> App:
    """Assembles the layer. Once per process: it takes its place inside the emulator."""
    calls, messages, faults = Calls(), Messages(), Faults()
    concerns: list[Concern] = [  # outermost first
        calls,
        faults,
        usernames,
        schema_checks,
        group_quota,
        group_defaults,
        password_reset,
        messages,
    ]
    emulator.SERVICE_HANDLERS[COGNITO] = surround(emulator.SERVICE_HANDLERS[COGNITO], concerns)
    messages.watch_deliveries()
    make_functions_like_lambda()
    controls = {
        "calls": calls.control,
        "messages": messages.control,
        "faults": faults.control,
        "users": put_users,
        "server": lambda _method, _body: {"pid": os.getpid()},
    }
    return with_controls(as_if_over_tls(emulator.app), controls)
