"""What lies in the repository, read once: modules and their imports, the template, the state machines."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from cfnlint.decode import cfn_yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = ROOT / "functions"
PACKAGE = FUNCTIONS / "poolsafe"
#: Folders of handlers: one for each state machine.
JOBS = tuple(sorted(path.stem.removesuffix(".asl") for path in (ROOT / "statemachine").glob("*.asl.json")))
#: The folder of the handlers that Cognito calls, and no machine.
SIGN_IN = "sign_in"
TEMPLATE = ROOT / "template.yaml"

Json = dict[str, Any]


@dataclass(frozen=True)
class Import:
    """One import: the dotted module it names, and whether it runs when the importing module is loaded."""

    module: str
    when_loaded: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """A Python file under functions/, by its dotted name."""

    name: str
    path: Path

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text("utf-8"))

    @property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree, self.name, when_loaded=True))

    @property
    def lines(self) -> int:
        return len(self.path.read_text("utf-8").splitlines())

    def is_in(self, package: str) -> bool:
        return self.name == package or self.name.startswith(f"{package}.")


def _imports(node: ast.AST, importer: str, *, when_loaded: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, when_loaded) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = ".".join(importer.split(".")[: -child.level]) if child.level else ""
            module = f"{base}.{child.module}".strip(".") if child.module else base
            # `from .domain import records` may name a module: the longer name is the stricter one to judge.
            yield from (Import(f"{module}.{alias.name}", when_loaded) for alias in child.names)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_types(child)
            yield from _imports(child, importer, when_loaded=when_loaded and not inside)


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


@cache
def modules() -> tuple[Module, ...]:
    """Every Python module under functions/."""
    return tuple(
        Module(".".join(path.relative_to(FUNCTIONS).with_suffix("").parts).removesuffix(".__init__"), path)
        for path in sorted(FUNCTIONS.rglob("*.py"))
        if "schemas" not in path.parts
    )


def handler_modules() -> list[Module]:
    """The modules that define a Lambda handler."""
    return [
        module
        for module in modules()
        if module.name.partition(".")[0] in (*JOBS, SIGN_IN)
        and any(isinstance(node, ast.FunctionDef) and node.name == "handler" for node in module.tree.body)
    ]


def trigger_modules() -> list[Module]:
    """The handlers that Cognito calls while somebody signs in."""
    return [module for module in handler_modules() if module.is_in(SIGN_IN)]


def state_modules() -> list[Module]:
    """The handlers that are states of a machine: all others."""
    return [module for module in handler_modules() if not module.is_in(SIGN_IN)]


def camel(name: str) -> str:
    """`export_users` -> `ExportUsers`."""
    return "".join(map(str.capitalize, name.split("_")))


def function_of(module: Module) -> str:
    """The template's name for a handler: `backup.export_users` -> `BackupExportUsersFunction`."""
    job, _, state = module.name.partition(".")
    return f"{camel(job)}{camel(state)}Function"


@cache
def template() -> Json:
    """template.yaml, with CloudFormation's short forms (`!Ref`) as their long ones (`{"Ref": ...}`)."""
    return plain(cfn_yaml.load(str(TEMPLATE)))


def plain(document: Any) -> Json:
    """Without the loader's own types."""
    copied: Json = json.loads(json.dumps(document))
    return copied


def resources(kind: str, of: Json | None = None) -> dict[str, Json]:
    """The resources of one type, by logical id."""
    found = (of or template())["Resources"]
    return {name: resource for name, resource in found.items() if resource["Type"] == kind}


def functions() -> dict[str, Json]:
    """The properties of every function, with the template's Globals filled in as SAM does it: lists are joined
    (https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-template-anatomy-globals.html).
    """
    defaults = template()["Globals"]["Function"]
    found = resources("AWS::Serverless::Function")
    merged = {name: {**defaults, **function["Properties"]} for name, function in found.items()}
    for name, function in merged.items():
        own = found[name]["Properties"]
        variables = own.get("Environment", {}).get("Variables", {})
        function["Environment"] = {"Variables": {**defaults["Environment"]["Variables"], **variables}}
        function["Layers"] = [*defaults.get("Layers", ()), *own.get("Layers", ())]
    return merged


@dataclass(frozen=True)
class StateMachine:
    """One definition. `states` has those inside of Maps too, by name."""

    job: str
    text: str

    @property
    def definition(self) -> Json:
        document: Json = json.loads(self.text)
        return document

    @property
    def states(self) -> dict[str, Json]:
        return dict(_states(self.definition))

    @property
    def tasks(self) -> dict[str, Json]:
        return {name: state for name, state in self.states.items() if state["Type"] == "Task"}

    @property
    def substitutions(self) -> set[str]:
        """Names between `${` and `}`."""
        return set(re.findall(r"\$\{(\w+)\}", self.text))

    @property
    def resource(self) -> Json:
        """The state machine's properties in the template."""
        properties: Json = resources("AWS::Serverless::StateMachine")[self.logical_id]["Properties"]
        return properties

    @property
    def logical_id(self) -> str:
        """Its name in the template."""
        return f"{camel(self.job)}StateMachine"


def _states(machine: Json) -> Iterator[tuple[str, Json]]:
    for name, state in machine["States"].items():
        yield name, state
        if state["Type"] == "Map":
            yield from _states(state["ItemProcessor"])
        for branch in state.get("Branches", ()):
            yield from _states(branch)


def invoked(task: Json) -> str:
    """The logical id of the function that a Task invokes."""
    return str(task["Parameters"]["FunctionName"]).removeprefix("${").removesuffix("}")


MACHINES = tuple(StateMachine(job, (ROOT / f"statemachine/{job}.asl.json").read_text("utf-8")) for job in JOBS)
