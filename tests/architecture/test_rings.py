"""Imports point inward: handlers -> operations -> domain; the world is met in adapters alone."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.architecture.repository import FUNCTIONS, JOBS, Module, function_of, handler_modules, modules

#: What each ring may import of ours. The longest entry that a module is in decides.
MAY_IMPORT = {
    "poolsafe": (),
    "poolsafe.domain": ("poolsafe.domain", "poolsafe.errors"),
    "poolsafe.errors": (),
    "poolsafe.metrics": (),
    "poolsafe.ports": ("poolsafe.domain",),
    "poolsafe.settings": ("poolsafe.domain", "poolsafe.errors"),
    "poolsafe.schema_check": ("poolsafe.errors",),
    "poolsafe.operations": (
        "poolsafe.domain",
        "poolsafe.errors",
        "poolsafe.operations",
        "poolsafe.ports",
        "poolsafe.schema_check",
    ),
    "poolsafe.adapters": ("poolsafe.adapters", "poolsafe.domain", "poolsafe.errors", "poolsafe.ports"),
    "poolsafe.bootstrap": (
        "poolsafe.__version__",
        "poolsafe.adapters",
        "poolsafe.domain",
        "poolsafe.errors",
        "poolsafe.operations.read_configuration",  # wired here once for all three jobs
        "poolsafe.ports",
        "poolsafe.settings",
    ),
    "poolsafe.entrypoint": (
        "poolsafe.adapters.clock",
        "poolsafe.bootstrap",
        "poolsafe.errors",
        "poolsafe.metrics",
        "poolsafe.ports",
    ),
    **{
        job: (
            job,
            "poolsafe.adapters.governed",  # for the type: bootstrap hands governors out
            "poolsafe.bootstrap",
            "poolsafe.domain",
            "poolsafe.entrypoint",
            "poolsafe.errors",
            "poolsafe.metrics",
            "poolsafe.operations",
            "poolsafe.ports",  # for the types of what bootstrap hands out
            "poolsafe.schema_check",
        )
        for job in JOBS
    },
}

#: Who may import which package that is not Python's own.
THIRD_PARTY = {
    "boto3": ("poolsafe.adapters",),
    "botocore": ("poolsafe.adapters",),
    "pyarrow": ("poolsafe.adapters",),
    "jinja2": ("poolsafe.adapters",),
    "jsonschema": ("poolsafe.schema_check",),
    "yaml": ("poolsafe.adapters",),
    "aws_lambda_powertools": ("poolsafe.entrypoint",),
}
#: Slow to load, so not before they are needed.
HEAVY = ("pyarrow", "jsonschema", "jinja2", "yaml")
OURS = ("poolsafe", *JOBS)

#: What would make the domain answer otherwise tomorrow, or elsewhere.
WORLD = frozenset(
    {
        "asyncio",
        "http",
        "io",
        "logging",
        "multiprocessing",
        "os",
        "pathlib",
        "platform",
        "random",
        "secrets",
        "shutil",
        "socket",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib",
        "uuid",
    }
)
CLOCKS = frozenset({"now", "utcnow", "today"})
NAMES_THAT_SAY_NOTHING = frozenset({"utils", "util", "helpers", "helper", "common", "misc", "shared", "lib", "tools"})
MAX_LINES = 250

every_module = pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)


def ring_of(module: Module) -> str:
    return max((ring for ring in MAY_IMPORT if module.is_in(ring)), key=len)


@every_module
def test_a_module_imports_only_what_its_ring_may(module: Module) -> None:
    allowed = MAY_IMPORT[ring_of(module)]
    outward = {
        imported.module
        for imported in module.imports
        if imported.top in OURS and not any(f"{imported.module}.".startswith(f"{ring}.") for ring in allowed)
    }
    assert not outward


@every_module
def test_a_package_of_others_is_imported_only_where_it_belongs(module: Module) -> None:
    foreign = {imported.top for imported in module.imports} - sys.stdlib_module_names - {*OURS, "__future__"}
    assert {name for name in foreign if not any(module.is_in(ring) for ring in THIRD_PARTY.get(name, ()))} == set()


@every_module
def test_heavy_packages_are_not_imported_when_a_module_is_loaded(module: Module) -> None:
    assert not {imported.module for imported in module.imports if imported.when_loaded and imported.top in HEAVY}


def test_every_adapter_of_a_heavy_package_is_seen_by_this_test() -> None:
    late = {imported.top for module in modules() for imported in module.imports if not imported.when_loaded}
    assert set(HEAVY) <= late


@pytest.mark.parametrize("module", [m for m in modules() if m.is_in("poolsafe.domain")], ids=lambda module: module.name)
def test_the_domain_knows_no_clock_chance_environment_or_log(module: Module) -> None:
    assert not {imported.top for imported in module.imports} & WORLD
    asked = {node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    called = {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
    assert not asked & CLOCKS
    assert not (asked | called) & {"environ", "getenv", "getLogger", "print", "open", "input"}


@pytest.mark.parametrize("module", handler_modules(), ids=lambda module: module.name)
def test_a_handler_is_loaded_without_what_only_some_states_need(module: Module) -> None:
    """Loaded for real: an import that some other module makes counts too."""
    code = f"import sys, {module.name}; print(*sorted({set(HEAVY)!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []


@pytest.mark.parametrize("module", handler_modules(), ids=lambda module: module.name)
def test_a_handler_module_holds_one_handler_and_no_logic_beside_it(module: Module) -> None:
    defined = [node.name for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert defined == ["handler"]
    assert not [node for node in ast.walk(module.tree) if isinstance(node, ast.While | ast.Try | ast.With)]


@pytest.mark.parametrize("module", handler_modules(), ids=lambda module: module.name)
def test_a_handler_says_which_state_of_which_job_it_is(module: Module) -> None:
    [handler] = [node for node in module.tree.body if isinstance(node, ast.FunctionDef)]
    [decorator] = [node for node in handler.decorator_list if isinstance(node, ast.Call)]
    job, state = [ast.literal_eval(argument) for argument in decorator.args]
    assert job == module.name.partition(".")[0]
    assert f"{job.capitalize()}{state}Function" == function_of(module)


@every_module
def test_a_module_is_one_thing(module: Module) -> None:
    assert module.lines <= MAX_LINES


@every_module
def test_a_module_is_named_for_what_it_is(module: Module) -> None:
    assert not set(module.name.split(".")) & NAMES_THAT_SAY_NOTHING


@every_module
def test_a_module_opens_with_why_it_exists(module: Module) -> None:
    assert ast.get_docstring(module.tree)
