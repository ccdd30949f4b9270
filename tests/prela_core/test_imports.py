"""Who may import whom: the rules that keep the core pure and the roles apart."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

import prela_core

SOURCE = Path(prela_core.__file__).parents[1]
PACKAGES = ("prela_agents", "prela_cli", "prela_core", "prela_server")

EFFECTS = frozenset(
    {
        "aiokafka",
        "anyio",
        "chdb",
        "clickhouse_connect",
        "http",
        "httpx",
        "multiprocessing",
        "redis",
        "requests",
        "socket",
        "sqlite3",
        "ssl",
        "subprocess",
        "threading",
        "time",
        "urllib3",
    }
)
"""What only `prela_core.io` may import, also inside a function."""

PURE_EXCEPTIONS = {
    # Codes of answers, as constants.
    ("prela_core.errors", "http"): {"HTTPStatus"},
}

READS_THE_CLOCK = frozenset({"now", "utcnow", "today", "time", "time_ns", "monotonic"})
READS_THE_ENVIRONMENT = frozenset({"environ", "getenv", "environb"})
MAY_READ_THE_ENVIRONMENT = (
    "prela_core.compiled"  # which tells who does the work, and not what it is
)

MAY_USE_RANDOMNESS = frozenset({"prela_core.model.ids"})
"""Makes ids; the source of randomness is an argument there."""

HEAVY = frozenset(
    {
        "click",
        "google",
        "grpc",
        "numpy",
        "opentelemetry",
        "pandas",
        "polars",
        "pyarrow",
        "rich",
        "starlette",
        "uvicorn",
    }
)
OPTIONAL = frozenset({"prela_core.wire.otlp_protobuf", "prela_core.wire.otlp_quick"})
"""Modules that need an extra; but for one another, functions import them that need them."""

COMPOSES = ("prela_server.compose.", "prela_server.run.", "prela_server.settings.settings.")
"""Where the server may know adapters; `settings` asks for the default data directory only."""

CLIENTS = {
    "anthropic": "prela_core.instrumentation.anthropic",
    "openai": "prela_core.instrumentation.openai",
}
"""Packages of others that one module each patches; it imports them when that is asked of it."""

OTEL = "prela_core.instrumentation.otel"
"""The only room that imports OpenTelemetry's API and SDK."""

PUTS_TOGETHER = ("prela_core.pytest_plugin",)
"""Where the core itself is an application: pytest's, which has no other place to compose it."""

GRPC = "prela_server.ingest.otlp_grpc"
POSTGRES = "prela_server.accounts.postgres"
REDIS = "prela_core.io.redis_connection"

ATTICS = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})


@attrs.frozen
class Import:
    """One name of one import statement: `from module import name`, or `import module`."""

    module: str
    name: str
    line: int
    lazy: bool

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


@attrs.frozen
class Module:
    name: str
    tree: ast.Module

    @property
    def imports(self) -> Iterator[Import]:
        yield from _imports(self.tree, self.name, lazy=False)


def _imports(node: ast.AST, module: str, *, lazy: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for each in child.names:
                yield Import(each.name, "", child.lineno, lazy)
        elif isinstance(child, ast.ImportFrom):
            assert 0 == child.level, f"{module}:{child.lineno} imports relatively"
            for each in child.names:
                yield Import(child.module or "", each.name, child.lineno, lazy)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            typing_only = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            if not typing_only:
                yield from _imports(child, module, lazy=lazy or inside)


def _modules() -> list[Module]:
    found = []
    for package in PACKAGES:
        for path in sorted((SOURCE / package).rglob("*.py")):
            parts = path.relative_to(SOURCE).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, ast.parse(path.read_text(), str(path))))
    return found


MODULES = _modules()


def _of(package: str, *, outside: str = "-") -> list[Module]:
    return [
        module
        for module in MODULES
        if module.name.partition(".")[0] == package
        and not f"{module.name}.".startswith(f"{outside}.")
    ]


def _faults(modules: list[Module], wrong: frozenset[str]) -> list[str]:
    return [
        f"{module.name}:{each.line} imports {each.module}"
        for module in modules
        for each in module.imports
        if each.top in wrong
        and each.name not in PURE_EXCEPTIONS.get((module.name, each.top), set())
    ]


def test_there_is_something_to_look_at() -> None:
    assert {"prela_core.io.clickhouse_store", "prela_server.compose"} <= {
        module.name for module in MODULES
    }


def test_the_core_is_pure_outside_io() -> None:
    assert [] == _faults(_of("prela_core", outside="prela_core.io"), EFFECTS)


def test_the_core_imports_no_sibling() -> None:
    siblings = frozenset(PACKAGES) - {"prela_core"}
    assert [] == _faults(_of("prela_core"), siblings)


def test_the_core_outside_io_does_not_import_io() -> None:
    assert [] == [
        f"{module.name}:{each.line}"
        for module in _of("prela_core", outside="prela_core.io")
        if not module.name.startswith(PUTS_TOGETHER)
        for each in module.imports
        if f"{each.module}.".startswith("prela_core.io.")
    ]


def test_the_core_outside_io_reads_neither_clock_nor_environment() -> None:
    faults = []
    for module in _of("prela_core", outside="prela_core.io"):
        wrong = READS_THE_CLOCK
        if module.name != MAY_READ_THE_ENVIRONMENT:
            wrong |= READS_THE_ENVIRONMENT
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and node.attr in wrong:
                owner = ast.unparse(node.value)
                if owner in {"datetime", "date", "time", "os"}:
                    faults.append(f"{module.name}:{node.lineno} reads {owner}.{node.attr}")
        faults += [
            f"{module.name}:{each.line} imports {each.module}.{each.name}"
            for each in module.imports
            if (each.module, each.name) in {("os", "environ"), ("os", "getenv")}
        ]
    assert [] == faults


def test_the_core_outside_io_draws_no_random_numbers() -> None:
    modules = [
        module
        for module in _of("prela_core", outside="prela_core.io")
        if module.name not in MAY_USE_RANDOMNESS
    ]
    assert [] == _faults(modules, frozenset({"random", "secrets", "uuid"}))


def test_heavy_packages_are_imported_when_they_are_used() -> None:
    """Only rooms of the extras name them at the top of a module."""
    rooms = _of("prela_core", outside="prela_core.io")
    assert [] == [
        f"{module.name}:{each.line} imports {each.module}"
        for module in rooms
        if module.name not in OPTIONAL and not f"{module.name}.".startswith(f"{OTEL}.")
        for each in module.imports
        if each.top in HEAVY and not each.lazy
    ]


def test_opentelemetry_is_known_in_one_room_and_the_room_when_it_is_used() -> None:
    inside = [module for module in MODULES if f"{module.name}.".startswith(f"{OTEL}.")]
    outside = [module for module in MODULES if module not in inside]
    assert inside
    assert [] == [
        f"{module.name}:{each.line} imports {each.module}"
        for module in outside
        for each in module.imports
        # The messages of OTLP, which are data, are a package of their own.
        if each.top == "opentelemetry" and not each.module.startswith("opentelemetry.proto.")
    ]
    assert [] == [
        f"{module.name}:{each.line}"
        for module in outside
        for each in module.imports
        if f"{each.module}.".startswith(f"{OTEL}.")
        if not (each.lazy and module.name == "prela_core.instrumentation.bridging")
    ]


def test_clients_of_models_are_imported_by_their_helpers_when_they_are_used() -> None:
    assert [] == [
        f"{module.name}:{each.line} imports {each.module}"
        for module in MODULES
        for each in module.imports
        if each.top in CLIENTS and not (each.lazy and module.name == CLIENTS[each.top])
    ]


def test_what_needs_an_extra_is_imported_when_it_is_used() -> None:
    needed = {
        **dict.fromkeys(OPTIONAL, "prela_core.wire.otlp"),
        GRPC: "prela_server.compose.application",
        POSTGRES: "prela_server.accounts.open",
        REDIS: "prela_server.compose.parts",
    }
    found = {
        (each.module, module.name, each.lazy)
        for module in MODULES
        for each in module.imports
        if each.module in needed and module.name not in OPTIONAL
    }
    assert {(optional, user, True) for optional, user in needed.items()} == found


def test_libraries_of_services_are_known_to_their_adapters_alone() -> None:
    homes = {"psycopg": (POSTGRES, f"{POSTGRES}_schema"), "redis": (REDIS,)}
    assert [] == [
        f"{module.name}:{each.line} imports {each.module}"
        for module in MODULES
        for each in module.imports
        if each.top in homes and module.name not in homes[each.top]
    ]


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("prela_server", {"prela_agents", "prela_cli"}),
        ("prela_agents", {"prela_server", "prela_cli"}),
    ],
)
def test_server_and_agents_know_neither_each_other_nor_the_command_line(
    package: str, forbidden: set[str]
) -> None:
    assert [] == _faults(_of(package), frozenset(forbidden))


def test_roles_of_the_server_depend_on_ports() -> None:
    """Adapters of the core's ports are known where the server is put together, nowhere else."""
    assert [] == [
        f"{module.name}:{each.line} imports {each.module}"
        for module in _of("prela_server")
        if not f"{module.name}.".startswith(COMPOSES)
        for each in module.imports
        if f"{each.module}.".startswith("prela_core.io.")
        or each.top in {"aiokafka", "chdb", "clickhouse_connect"}
    ]


def test_roles_of_the_server_do_not_know_each_other() -> None:
    roles = {"ingest", "worker", "query"}
    faults = []
    for module in _of("prela_server"):
        room = module.name.split(".")[1:2]
        if not room or room[0] not in roles:
            continue
        faults += [
            f"{module.name}:{each.line} imports {each.module}"
            for each in module.imports
            for other in roles - {room[0]}
            if f"{each.module}.".startswith(f"prela_server.{other}.")
        ]
    assert [] == faults


def test_nothing_but_the_command_line_imports_it() -> None:
    modules = [module for module in MODULES if not module.name.startswith("prela_cli")]
    assert [] == _faults(modules, frozenset({"prela_cli"}))


def test_nothing_outside_testing_imports_what_is_for_tests() -> None:
    assert [] == [
        f"{module.name}:{each.line}"
        for module in MODULES
        if not module.name.startswith("prela_core.testing")
        for each in module.imports
        if f"{each.module}.".startswith("prela_core.testing.")
    ]


def test_no_module_is_an_attic() -> None:
    assert [] == [module.name for module in MODULES if ATTICS & set(module.name.split("."))]


def test_the_walk_sees_imports_wherever_they_stand() -> None:
    tree = ast.parse(
        "import os.path\n"
        "if TYPE_CHECKING:\n    import typing_only\n"
        "try:\n    import tried\nexcept ImportError:\n    from instead import name\n"
        "class A:\n    def f(self):\n        import inside\n"
    )
    assert [
        ("os.path", "", False),
        ("tried", "", False),
        ("instead", "name", False),
        ("inside", "", True),
    ] == [(each.module, each.name, each.lazy) for each in Module("m", tree).imports]
