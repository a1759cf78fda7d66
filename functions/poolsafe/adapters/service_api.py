"""Any operation of one AWS service, through boto3, in the terms of JSON."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore import xform_name

from ..errors import Unexpected
from .aws import ONCE, client, our_errors
from .throttles import hear_throttles

#: Operations that, made again after an answer was lost, make a second thing or are refused because of the first.
#: Whoever calls them looks what is there, and then calls again.
NOT_REPEATED = frozenset(
    {
        "AddCustomAttributes",
        "CreateResourceServer",
        "CreateUserPool",
        "CreateUserPoolClient",
        "CreateUserPoolDomain",
    }
)


class BotoService:
    """The ServiceApi port on AWS. `on_throttle` hears of every throttled attempt, with its operation."""

    def __init__(
        self, service: str, region: str, boto: Any = None, on_throttle: Callable[[str, float], None] | None = None
    ) -> None:
        self.region = region
        self._client = boto if boto is not None else client(service, region)
        self._model = self._client.meta.service_model
        self._once = boto
        self._service = service
        self._on_throttle = on_throttle
        if on_throttle is not None:
            hear_throttles(self._client, on_throttle)

    def knows(self, operation: str) -> bool:
        return operation in self._model.operation_names

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        if not self.knows(operation):
            raise Unexpected(f"{operation} is not an operation of the boto3 in use.")
        arguments = _with_bytes(self._model.operation_model(operation).input_shape, members)
        chosen = self._not_repeating() if operation in NOT_REPEATED else self._client
        with our_errors(operation):
            answer = getattr(chosen, xform_name(operation))(**arguments)
        answered: dict[str, Any] = _as_json({name: told for name, told in answer.items() if name != "ResponseMetadata"})
        return answered

    def _not_repeating(self) -> Any:
        """A client that asks once. Most functions never need it."""
        if self._once is None:
            self._once = client(self._service, self.region, ONCE)
            if self._on_throttle is not None:
                hear_throttles(self._once, self._on_throttle)
        return self._once


def _as_json(told: Any) -> Any:
    if isinstance(told, Mapping):
        return {name: _as_json(value) for name, value in told.items()}
    if isinstance(told, list):
        return [_as_json(value) for value in told]
    if isinstance(told, datetime):
        return told.isoformat()
    if isinstance(told, bytes):
        return base64.b64encode(told).decode()
    return told


def _with_bytes(shape: Any, given: Any) -> Any:
    """The same with Base64 turned into bytes where the service's model wants bytes."""
    if shape is None:
        return given
    if shape.type_name == "structure" and isinstance(given, Mapping) and not getattr(shape, "is_document_type", False):
        return {name: _with_bytes(shape.members.get(name), value) for name, value in given.items()}
    if shape.type_name == "list" and isinstance(given, list):
        return [_with_bytes(shape.member, value) for value in given]
    if shape.type_name == "blob" and isinstance(given, str):
        return base64.b64decode(given)
    return given
