"""Bringing a pool's configuration to what is wanted, section by section; making the pool where there is none.

    the pool of the record, or the one that carries this restore's mark, or CreateUserPool
    for each section that the record does not call done:
        read it, compare (domain/configuration/steps.py), call; clients are recorded one by one
    a refusal of one thing is a to-do item, and the next thing
    a quota of pools or clients: the run stops; what exists is on record, and a second run goes on

May be killed at any call and run again: what is there is read, not remembered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..domain.configuration.attribute_schema import Attribute, original_sub_attribute
from ..domain.configuration.forms import forms
from ..domain.configuration.members import FINISHING
from ..domain.configuration.model import Configuration, SectionName, SectionStatus
from ..domain.configuration.pool import creation
from ..domain.configuration.record import MARK, PoolRecord
from ..domain.configuration.steps import (
    MAKING,
    Step,
    last_steps,
    pool_steps,
    section_steps,
    update_ids,
)
from ..domain.configuration.todo import Todo, Why, left_out, refused
from ..domain.snapshot import RestorePaths
from ..errors import AccessDenied, AlreadyExists, PoolIncomplete, Rejected, Unexpected
from ..ports import Deadline, ObjectStore, ServiceApi
from .copy_clients import CopyClients
from .find_pool import find_pool
from .read_configuration import ReadConfiguration

#: Codes of a quota of things, not of requests: waiting does not help, asking AWS for more does.
QUOTA_REACHED = frozenset({"LimitExceededException"})
#: Members that a refusal speaks of; without them the call may go through.
SPOKEN_OF: Mapping[str, str] = {
    "InvalidEmailRoleAccessPolicyException": "EmailConfiguration",
    "InvalidSmsRoleAccessPolicyException": "SmsConfiguration",
    "InvalidSmsRoleTrustRelationshipException": "SmsConfiguration",
}


def load_record(store: ObjectStore, paths: RestorePaths) -> PoolRecord:
    """What the restore has made so far."""
    found = store.get(paths.pool_key)
    if found is None:
        raise Unexpected(f"{paths.pool_key} is gone. Start the restore again.")
    return PoolRecord.from_json(json.loads(found.content))


def save_record(store: ObjectStore, paths: RestorePaths, record: PoolRecord) -> None:
    store.put(paths.pool_key, json.dumps(record.to_json(), indent=1).encode())


@dataclass(slots=True)
class MakePool:
    """Works on one pool. `sub_attribute` is added for the old `sub` unless the pool has it; `tags` are a new pool's."""

    cognito: ServiceApi
    waf: ServiceApi
    reader_of: Callable[[str], ReadConfiguration]
    store: ObjectStore
    paths: RestorePaths
    deadline: Deadline
    sub_attribute: str | None
    record: PoolRecord
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def reader(self) -> ReadConfiguration:
        """A reader of the pool, once there is one."""
        return self.reader_of(str(self.record.user_pool_id))

    def create(self, wanted: Configuration) -> str:
        """The pool's id; the pool is made unless this restore made it before."""
        if self.record.user_pool_id:
            return self.record.user_pool_id
        found = find_pool(self.cognito, self.record.pool_name, self.paths.restore_id)
        if found is None:
            pool = wanted.user_pool
            members = creation(pool, self.record.pool_name, self._added(pool))
            try:
                tags = {**self.tags, MARK: self.paths.restore_id}
                found = self.cognito.call("CreateUserPool", **members, UserPoolTags=tags)["UserPool"]
            except Rejected as error:
                raise self._stop(error, "user_pool", "the pool itself") from None
        self._note(replace(self.record, user_pool_id=found["Id"]))
        return str(found["Id"])

    def make(self, wanted: Configuration) -> bool:
        """Everything before the users; True when done, False when the deadline came near."""
        for section in MAKING:
            if section.value in self.record.done:
                continue
            if not self._section(section, wanted):
                return False
            self._note(replace(self.record, done=(*self.record.done, section.value)))
            if self.deadline.near():
                return False
        return True

    def finish(self, wanted: Configuration) -> None:
        """What comes after the users: the web ACL, tags, triggers, protection; and MFA as it has to be."""
        current = self._now(SectionName.USER_POOL)
        for pointer in wanted.entries(SectionName.EXTERNAL):
            name = "web_acl"
            planned = any((todo.section, todo.name) == (SectionName.EXTERNAL, name) for todo in self.record.planned)
            if pointer["kind"] == name and not planned:
                self._associate(pointer["arn"], current.user_pool["Arn"])
        pool = self._without_refused(wanted.user_pool)
        if self.record.refused(SectionName.USER_POOL, "settings"):
            # They stay what they are; tags, triggers and protection are not lost with them.
            pool = {**current.user_pool, **{name: pool.get(name) for name in FINISHING}}
        for step in last_steps(pool, current.user_pool, wanted.mapping(SectionName.TAGS)):
            self._apply(step)
        self._section(SectionName.MFA, wanted)

    def _section(self, section: SectionName, wanted: Configuration) -> bool:
        if section is SectionName.CLIENTS:
            return CopyClients(self.reader, self.deadline, self.record, self._note, self._stop).copy(wanted)
        current = self._now(section)
        for step in map(self._by_old_name, self._steps(section, wanted, current)):
            if self.record.refused(section, step.name):
                continue
            self._apply(step)
            if self.deadline.near():
                return False
        return True

    def _steps(self, section: SectionName, wanted: Configuration, current: Configuration) -> Iterator[Step]:
        if section is SectionName.USER_POOL:
            pool = self._without_refused(wanted.user_pool)
            yield from pool_steps(pool, current.user_pool, self._added(wanted.user_pool))
            return
        there = forms(current, {})[section]
        things = forms(wanted, self.record.clients)[section]
        for name in [name for name, form in things.items() if form.get("ClientId") in self._not_copied(wanted)]:
            del things[name]
        yield from section_steps(section, things, there, update_ids(section, current, there))

    def _by_old_name(self, step: Step) -> Step:
        """What belongs to a client is named by its old id, as everywhere in the report."""
        old = next((old for old, new in self.record.clients.items() if new == step.name), step.name)
        return replace(step, name=old)

    def _now(self, section: SectionName) -> Configuration:
        """The pool as it is, as far as this section needs it. What cannot be read counts as not there."""
        documents: dict[str, Any] = {
            SectionName.USER_POOL: self.reader.user_pool({}),
            SectionName.CLIENTS: [{"ClientId": client_id} for client_id in sorted(self.record.clients.values())],
        }
        if section is not SectionName.USER_POOL:
            read, document = self.reader.section(section, documents)
            if read.status == SectionStatus.SAVED:
                documents[section.value] = document
        return Configuration(documents)

    def _apply(self, step: Step) -> None:
        members = dict(step.members)
        while True:
            try:
                self.cognito.call(step.operation, UserPoolId=self.record.user_pool_id, **members)
                return
            except AlreadyExists:
                return
            except (Rejected, AccessDenied) as error:
                name = self._spoken_of(error, members)
                if name is None:
                    if isinstance(error, AccessDenied):
                        raise
                    if error.code in QUOTA_REACHED:
                        raise self._stop(error, step.section, step.name) from None
                    self._note(self.record.with_met([refused(step.section, step.name, error)]))
                    return
                code = error.code if isinstance(error, Rejected) else type(error).__name__
                self._note(self.record.with_met([left_out(step.section, name, step.operation, code)]))
                del members[name]

    def _spoken_of(self, error: Rejected | AccessDenied, members: Mapping[str, Any]) -> str | None:
        """The member to leave out after a refusal, if there is one to blame.

        A role that may not be passed to Cognito is an AccessDenied; of triggers
        nothing is said but that a parameter is not valid.
        """
        if isinstance(error, AccessDenied):
            return next((name for name in ("SmsConfiguration", "SmsMfaConfiguration") if members.get(name)), None)
        name = SPOKEN_OF.get(error.code)
        if name == "SmsConfiguration" and "SmsMfaConfiguration" in members:
            name = "SmsMfaConfiguration"
        if name is None and error.code == "InvalidParameterException" and members.get("LambdaConfig"):
            name = "LambdaConfig"
        return name if name and members.get(name) else None

    def _added(self, pool: Mapping[str, Any]) -> dict[str, Attribute]:
        there = {told["Name"] for told in pool.get("SchemaAttributes") or ()}
        if self.sub_attribute is None or self.sub_attribute in there:
            return {}
        return {self.sub_attribute: original_sub_attribute(self.sub_attribute)}

    def _without_refused(self, pool: Mapping[str, Any]) -> Mapping[str, Any]:
        """The pool's settings less those that Cognito refused before."""
        return {name: value for name, value in pool.items() if not self.record.refused(SectionName.USER_POOL, name)}

    def _not_copied(self, wanted: Configuration) -> set[str]:
        ids = {client["ClientId"] for client in wanted.entries(SectionName.CLIENTS)}
        return ids - self.record.clients.keys()

    def _associate(self, web_acl_arn: str, pool_arn: str) -> None:
        try:
            self.waf.call("AssociateWebACL", WebACLArn=web_acl_arn, ResourceArn=pool_arn)
        except Rejected as error:
            todo = Todo(
                SectionName.EXTERNAL,
                "web_acl",
                Why.REFUSED,
                f"Associate the web ACL {web_acl_arn} with the new pool; AWS WAF refused it.",
                error.code,
            )
            self._note(self.record.with_met([todo]))

    def _note(self, record: PoolRecord) -> None:
        self.record = record
        save_record(self.store, self.paths, record)

    def _stop(self, error: Rejected, section: str, name: str) -> PoolIncomplete:
        """What exists stays, is on record, and is what a second run goes on with."""
        exists = self.record.user_pool_id or "no pool yet"
        return PoolIncomplete(
            f"create_pool: {error.operation} was refused with {error.code} at {section} / {name}. What exists: "
            f"{exists}, {len(self.record.clients)} app clients; {self.store.url(self.paths.pool_key)} names it all. "
            "If that is a quota, raise it or free some of it; then redrive, or start again with restore_id "
            f"{self.paths.restore_id}: it goes on with that pool and makes no second one."
        )
