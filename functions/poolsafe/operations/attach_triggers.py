"""Attaching the sign-in triggers to a pool, and detaching them, without touching anything else of it.

    attach   check both pools and their clients            (domain/migration/attachment.py)
             let exactly this pool call the functions      lambda:AddPermission
             write down what the trigger has to know       migrations/<target>/settings.json
             name the functions in the pool                UpdateUserPool, with all that the pool has
    detach   the same backwards

Both may be killed anywhere and run again. A pool never names a function that it may not call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..domain.configuration.steps import last_steps
from ..domain.first_sign_in.deferred import open_marker
from ..domain.migration.attachment import (
    Trigger,
    client_warnings,
    require_askable,
    require_attributes,
    require_groups,
    require_movable,
    require_nobody_can_write,
    require_source_client,
    require_sub_attribute,
    source_warnings,
    with_triggers,
    without_triggers,
)
from ..domain.migration.request import MigrationRequest
from ..domain.migration.settings import MigrationPaths, MigrationSettings
from ..domain.target import TargetPool
from ..errors import NotFound, Rejected
from ..ports import ObjectStore, ServiceApi, UserPool
from .read_configuration import ReadConfiguration
from .read_target import read_target

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two pools: its configuration, and its groups."""

    reader: ReadConfiguration
    pool: UserPool

    def group_names(self) -> list[str]:
        names: list[str] = []
        token: str | None = None
        while True:
            page = self.pool.list_groups(token)
            names += [group.group_name for group in page.items]
            if (token := page.token) is None:
                return names


@dataclass(frozen=True, slots=True)
class Fit:
    """What a check found: the target, its LambdaConfig as it will be, and what the trigger has to know, if it moves
    people."""

    described: Document
    lambda_config: Mapping[str, Any]
    settings: MigrationSettings | None
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class AttachTriggers:
    """`functions` are ARNs by trigger. `account` is that of the stack, in which the target lies; `sources` are the ARNs
    of the pools there that the trigger may ask."""

    target: Side
    lambdas: ServiceApi
    store: ObjectStore
    functions: Mapping[Trigger, str]
    account: str
    sub_attribute: str
    sources: Sequence[str] = ()

    @property
    def _paths(self) -> MigrationPaths:
        return MigrationPaths(self.target.pool.user_pool_id)

    def check(self, request: MigrationRequest, source: Side | None) -> Fit:
        """Raises InvalidRequest and TargetMismatch; writes nothing."""
        functions = {trigger: self.functions[trigger] for trigger in request.triggers}
        found = read_target(self.target.reader)
        described, target = self._described(), TargetPool.from_document(found)
        config = with_triggers(described, functions)
        clients = self.target.reader.clients({})
        require_sub_attribute(target, self.sub_attribute)
        require_nobody_can_write(target, self.sub_attribute, clients)
        if source is None:
            return Fit(described, config, None, [])
        warnings = [*client_warnings(target, clients)]
        settings, more = self._settings(request, source, found, target)
        return Fit(described, config, settings, [*warnings, *more])

    def attach(self, request: MigrationRequest, source: Side | None) -> list[str]:
        """Checks, and then attaches; returns warnings."""
        fit = self.check(request, source)
        for trigger in request.triggers:
            self._let_in(self.functions[trigger], fit.described["Arn"])
        if fit.settings is not None:
            self.store.put(self._paths.settings_key, fit.settings.to_json())
            self.store.put(open_marker(fit.described["Id"]), b"")
        self._update(fit.described, fit.lambda_config)
        return fit.warnings

    def detach(self, triggers: tuple[Trigger, ...]) -> None:
        """Leaves alone what is not ours."""
        functions = {trigger: self.functions[trigger] for trigger in triggers}
        described = self._described()
        self._update(described, without_triggers(described, functions))
        if Trigger.USER_MIGRATION in triggers:
            found = self.store.get(self._paths.settings_key)
            if found is not None:
                settings = replace(MigrationSettings.from_json(found.content), is_attached=False)
                self.store.put(self._paths.settings_key, settings.to_json())
            self.store.delete(open_marker(described["Id"]))
        for arn in functions.values():
            try:
                self.lambdas.call("RemovePermission", FunctionName=arn, StatementId=_statement(described["Id"]))
            except NotFound:
                continue

    def _described(self) -> Document:
        """The pool with its external ids, which are written down nowhere: what is sent back has to be whole."""
        described: Document = self.target.reader.user_pool({})
        return described

    def _settings(
        self, request: MigrationRequest, source: Side, target_document: Document, target: TargetPool
    ) -> tuple[MigrationSettings, list[str]]:
        source_document = read_target(source.reader)
        from_pool = TargetPool.from_document(source_document)
        if request.source_role_arn is None:
            require_askable(source_document["user_pool"]["Arn"], self.sources)
        clients = {client["ClientId"]: client for client in source.reader.clients({})}
        require_source_client(clients.get(str(request.source_client_id)), str(request.source_client_id))
        require_movable(from_pool, request.on_mfa)
        warnings = [*source_warnings(from_pool, target, request.on_mfa)]
        warnings += require_attributes(from_pool, target, request.drop_attributes)
        require_groups(source.group_names(), self.target.group_names(), from_pool.user_pool_id)
        settings = MigrationSettings(
            source_user_pool_id=from_pool.user_pool_id,
            source_client_id=str(request.source_client_id),
            target_user_pool_id=target.user_pool_id,
            source=source_document,
            target=target_document,
            on_mfa=request.on_mfa,
            sub_attribute=self.sub_attribute,
            dropped=request.drop_attributes,
            source_role_arn=request.source_role_arn,
        )
        return settings, warnings

    def _let_in(self, arn: str, pool_arn: str) -> None:
        """One statement for each pool, and that pool alone."""
        try:
            self.lambdas.call(
                "AddPermission",
                FunctionName=arn,
                StatementId=_statement(self.target.pool.user_pool_id),
                Action="lambda:InvokeFunction",
                Principal="cognito-idp.amazonaws.com",
                SourceArn=pool_arn,
                SourceAccount=self.account,
            )
        except Rejected as error:
            # It is there already: the statement's name is made of the pool's.
            if error.code != "ResourceConflictException":
                raise

    def _update(self, described: Document, config: Mapping[str, Any]) -> None:
        """The whole object, or nothing where nothing changes: UpdateUserPool resets what is left out."""
        for step in last_steps({**described, "LambdaConfig": config}, described, {}):
            self.target.reader.cognito.call(step.operation, UserPoolId=described["Id"], **step.members)


def _statement(user_pool_id: str) -> str:
    return f"poolsafe-{user_pool_id}"
