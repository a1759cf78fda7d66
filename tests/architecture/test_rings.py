"""Imports point inward: handlers -> operations -> domain; the world is met in adapters alone."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from poolsafe.domain.migration.attachment import MEMBER, Trigger
from tests.architecture.repository import (
    FUNCTIONS,
    JOBS,
    SIGN_IN,
    Module,
    camel,
    function_of,
    handler_modules,
    modules,
    state_modules,
    trigger_modules,
)

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
        "poolsafe.operations.read_configuration",  # wired here once for all jobs, and so are the next three
        "poolsafe.operations.read_quotas",
        "poolsafe.operations.read_usage",
        "poolsafe.operations.set_pace",
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
    "poolsafe.trigger": ("poolsafe.errors",),
    # Module by module: whatever is more, somebody waits for.
    "poolsafe.sign_in_bootstrap": (
        "poolsafe.adapters.aws",
        "poolsafe.adapters.clock",
        "poolsafe.adapters.cognito",
        "poolsafe.adapters.password_check",
        "poolsafe.adapters.s3",
        "poolsafe.domain.first_sign_in.claims",
        "poolsafe.domain.migration.carried_user",
        "poolsafe.domain.migration.settings",
        "poolsafe.domain.snapshot",
        "poolsafe.domain.first_sign_in.who_is_left",
        "poolsafe.errors",
        "poolsafe.operations.apply_deferred",
        "poolsafe.operations.hurry",
        "poolsafe.operations.migrate_user",
        "poolsafe.ports",
    ),
    SIGN_IN: (),
    "sign_in.token": (
        "poolsafe.domain.first_sign_in.claims",
        "poolsafe.operations.apply_deferred",
        "poolsafe.sign_in_bootstrap",
        "poolsafe.trigger",
    ),
    "sign_in.user_migration": (
        "poolsafe.domain.migration.answer",
        "poolsafe.domain.migration.carried_user",
        "poolsafe.operations.migrate_user",  # for the type: sign_in_bootstrap hands it out
        "poolsafe.sign_in_bootstrap",
        "poolsafe.trigger",
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
    "aws_lambda_powertools": ("poolsafe.entrypoint", "poolsafe.trigger"),
}
#: Slow to load, so not before they are needed.
HEAVY = ("pyarrow", "jsonschema", "jinja2", "yaml")
OURS = ("poolsafe", *JOBS, SIGN_IN)
#: What a trigger has beside its handler: nothing, but where one answers two questions of Cognito's, which it asks.
BESIDE_TRIGGER = {"sign_in.user_migration": ["_carried"]}
#: Which member of a pool's LambdaConfig each trigger is for.
TRIGGERS = {"sign_in.token": Trigger.TOKEN, "sign_in.user_migration": Trigger.USER_MIGRATION}

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


def reached_from(module: Module) -> set[str]:
    """The names of our modules that it may load, at once or later, by whatever way."""
    by_name = {module.name: module for module in modules()}
    reached: set[str] = set()
    ahead = [module.name]
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        reached.add(name)
        for imported in by_name[name].imports:
            parts = imported.module.split(".")
            ahead += [part for end in range(1, len(parts) + 1) if (part := ".".join(parts[:end])) in by_name]
    return reached


@pytest.mark.parametrize("module", trigger_modules(), ids=lambda module: module.name)
def test_a_trigger_never_loads_a_heavy_package_nor_what_states_are_made_of(module: Module) -> None:
    """Neither at once, which is tried, nor later, which is read: the layer with pyarrow is not there at all."""
    unwanted = {*HEAVY, "poolsafe.bootstrap", "poolsafe.entrypoint", "poolsafe.schema_check"}
    code = f"import sys, {module.name}; print(*sorted({unwanted!r} & sys.modules.keys()))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
    reached = reached_from(module)
    assert {"poolsafe.sign_in_bootstrap", "poolsafe.adapters.aws"} <= reached
    assert not reached & unwanted
    tops = {imported.top for ours in modules() if ours.name in reached for imported in ours.imports}
    assert not tops & set(HEAVY)


@pytest.mark.parametrize("module", trigger_modules(), ids=lambda module: module.name)
def test_a_trigger_holds_one_handler_which_turns_refusals_into_sentences(module: Module) -> None:
    """The one `try` that a state has none of: what a trigger raises, Cognito shows to the person who signs in
    (https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html).
    """
    tree = module.tree
    defined = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert [node.name for node in defined] == ["handler", *BESIDE_TRIGGER.get(module.name, ())]
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.While | ast.With)]
    [attempt] = [node for node in ast.walk(tree) if isinstance(node, ast.Try)]
    assert attempt in defined[0].body


def test_the_triggers_are_those_that_a_request_can_name() -> None:
    assert {module.name for module in trigger_modules()} == TRIGGERS.keys()
    assert sorted(TRIGGERS.values()) == sorted(Trigger)


@pytest.mark.parametrize("module", trigger_modules(), ids=lambda module: module.name)
def test_a_trigger_says_what_cognito_calls_it(module: Module) -> None:
    [handler] = [node for node in module.tree.body if isinstance(node, ast.FunctionDef) and node.name == "handler"]
    [decorator] = [node for node in handler.decorator_list if isinstance(node, ast.Call)]
    assert isinstance(decorator.func, ast.Name)
    assert decorator.func.id == "trigger"
    assert [ast.literal_eval(argument) for argument in decorator.args] == [MEMBER[TRIGGERS[module.name]]]
    assert function_of(module) == f"SignIn{camel(TRIGGERS[module.name].value)}Function"


@pytest.mark.parametrize("module", state_modules(), ids=lambda module: module.name)
def test_a_handler_module_holds_one_handler_and_no_logic_beside_it(module: Module) -> None:
    defined = [node.name for node in module.tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert defined == ["handler"]
    assert not [node for node in ast.walk(module.tree) if isinstance(node, ast.While | ast.Try | ast.With)]


@pytest.mark.parametrize("module", state_modules(), ids=lambda module: module.name)
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
