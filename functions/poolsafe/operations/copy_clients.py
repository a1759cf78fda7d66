"""Copying app clients: Cognito names each anew, so the map from old to new is written down one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..domain.configuration.forms import alike, client
from ..domain.configuration.members import CLIENT_SECRET
from ..domain.configuration.model import Configuration, SectionName
from ..domain.configuration.record import PoolRecord
from ..domain.configuration.todo import refused, secret_refused
from ..errors import PoolIncomplete, Rejected
from ..ports import Deadline
from .read_configuration import ReadConfiguration

Client = Mapping[str, Any]


@dataclass(slots=True)
class CopyClients:
    """Copies the clients of one pool. `note` writes the record; `stop` makes the error of a quota."""

    reader: ReadConfiguration
    deadline: Deadline
    record: PoolRecord
    note: Callable[[PoolRecord], None]
    stop: Callable[[Rejected, str, str], PoolIncomplete]

    def copy(self, wanted: Configuration) -> bool:
        """All of them; True when done, False when the deadline came near."""
        there: dict[str, Client] = {told["ClientId"]: told for told in self.reader.clients({})}
        for old in sorted(wanted.entries(SectionName.CLIENTS), key=lambda told: told["ClientId"]):
            if self.record.refused(SectionName.CLIENTS, old["ClientId"]):
                continue
            # Asked only after a write: each invocation gets further, however long the reading took.
            if self._one(old, there) and self.deadline.near():
                return False
        return True

    def _one(self, old: Client, there: Mapping[str, Client]) -> bool:
        """Whether there was something to do."""
        new = there.get(self.record.clients.get(old["ClientId"], "")) or self._same(old, there)
        try:
            if new is None:
                self._create(old)
            else:
                self._remember(old, new["ClientId"])
                if alike(client(old), client(new)):
                    return False
                self._ask("UpdateUserPoolClient", ClientId=new["ClientId"], **client(old))
        except Rejected as error:
            if error.code == "LimitExceededException":
                raise self.stop(error, SectionName.CLIENTS, str(old.get("ClientName"))) from None
            self._set(self.record.with_met([refused(SectionName.CLIENTS, old["ClientId"], error)]))
        return True

    def _same(self, old: Client, there: Mapping[str, Client]) -> Client | None:
        """The same client in the pool itself, or one of its name that is nobody else's copy.

        The second is what a run made that died before it wrote that down.
        Where several have the name, a person has to tell them apart: none is taken.
        """
        if old["ClientId"] in there:
            return there[old["ClientId"]]
        taken = set(self.record.clients.values())
        named = [
            told
            for client_id, told in there.items()
            if client_id not in taken and told.get("ClientName") == old.get("ClientName")
        ]
        return named[0] if len(named) == 1 else None

    def _create(self, old: Client) -> None:
        secret = {CLIENT_SECRET: old[CLIENT_SECRET]} if old.get(CLIENT_SECRET) else {}
        instead = {"GenerateSecret": True} if old.get("GenerateSecret") else {}
        try:
            made = self._ask("CreateUserPoolClient", **client(old), **secret, **instead)["UserPoolClient"]
        except Rejected as error:
            if error.code != "InvalidParameterException" or not secret:
                raise
            # It may be the secret: Cognito takes fewer forms of one from callers than it has given out over the years.
            made = self._ask("CreateUserPoolClient", **client(old), GenerateSecret=True)["UserPoolClient"]
            self._set(self.record.with_met([secret_refused(old["ClientId"], str(old.get("ClientName")), error)]))
        self._remember(old, made["ClientId"])

    def _remember(self, old: Client, new_id: str) -> None:
        if self.record.clients.get(old["ClientId"]) != new_id:
            self._set(replace(self.record, clients={**self.record.clients, old["ClientId"]: new_id}))

    def _set(self, record: PoolRecord) -> None:
        self.record = record
        self.note(record)

    def _ask(self, operation: str, **members: Any) -> dict[str, Any]:
        return self.reader.cognito.call(operation, UserPoolId=self.reader.user_pool_id, **members)
