"""Finding and starting the real instrumentors, on real clients of stand-ins."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest
from anthropic import Anthropic
from examples.openai_standin.api import OpenAIApi
from openai import OpenAI
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.resources.embeddings import Embeddings
from openai.resources.responses import Responses
from opentelemetry.sdk.trace import TracerProvider
from tests.prela_core.instrumentation.conftest import Kept
from tests.standins.anthropic_api import AnthropicApi
from wrapt import ObjectProxy

from prela_core.conventions import TypedColumns, resolve
from prela_core.emit import Tracer, context
from prela_core.errors import SettingsError
from prela_core.instrumentation import Instrumented, State, instrument, instrumentors, start
from prela_core.instrumentation.found import Family, Instrumentor
from prela_core.model import Span, to_micros
from prela_core.wire import Limits, decode_span
from prela_core.wire.encode import span_to_json

# OpenLLMetry's instrumentor of openai is written for an older pydantic.
pytestmark = pytest.mark.filterwarnings("ignore:Support for class-based `config` is deprecated")

HELLO: Any = [{"role": "user", "content": "hello there"}]
CLAUDE: Any = {"model": "claude-x", "max_tokens": 50, "messages": HELLO}

Begin = Callable[..., Instrumented]


@pytest.fixture(autouse=True)
def _taken_back() -> Iterator[None]:
    """Take back what OpenLLMetry's instrumentor of openai leaves in place when it is ended."""
    yield
    for kind in (Completions, AsyncCompletions, Embeddings, Responses):
        while isinstance(wrapped := kind.create, ObjectProxy):
            kind.create = wrapped.__wrapped__  # type: ignore[method-assign] # so was it put there


@pytest.fixture
def begin(provider: TracerProvider) -> Iterator[Begin]:
    """`instrument` on the user's provider, undone at the end."""
    begun = []

    def begin(*names: str, **options: Any) -> Instrumented:
        begun.append(instrument(*names, tracer_provider=provider, **options))
        return begun[-1]

    yield begin
    for one in reversed(begun):
        one.undo()


@pytest.fixture
def client(openai_api: tuple[str, OpenAIApi]) -> Iterator[OpenAI]:
    with OpenAI(base_url=openai_api[0], api_key="sk-1") as client:
        yield client


def states(done: Instrumented) -> dict[str, State]:
    return {
        f"{one.instrumentor.package} {one.instrumentor.library}": one.state for one in done.outcomes
    }


def columns_of(span: Span) -> TypedColumns:
    """What a store would say of the span."""
    body = json.dumps(span_to_json(span)).encode()
    decoded = decode_span(body, received_at=to_micros(span.started_at), limits=Limits())
    return resolve(decoded.spans[0])


def ask(client: OpenAI) -> None:
    client.chat.completions.create(model="gpt-4o", messages=HELLO)


def test_all_that_could_be_started_are_listed_and_none_is() -> None:
    listed = [(one.library, one.family, one.package) for one in instrumentors()]
    assert [
        ("anthropic", Family.OPENINFERENCE, "openinference-instrumentation-anthropic"),
        ("anthropic", Family.OPENLLMETRY, "opentelemetry-instrumentation-anthropic"),
        ("anthropic", Family.PRELA, "prela-core"),
        ("openai", Family.OPENINFERENCE, "openinference-instrumentation-openai"),
        ("openai", Family.OPENLLMETRY, "opentelemetry-instrumentation-openai"),
        ("openai", Family.PRELA, "prela-core"),
    ] == [one for one in listed if one[0] in ("anthropic", "openai")]
    assert all(one.ai and one.library_version for one in instrumentors() if one.library == "openai")


def test_a_package_with_broken_metadata_hides_only_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = instrumentors()
    nameless = tmp_path / "nameless-1.dist-info"
    nameless.mkdir()
    (nameless / "METADATA").write_text("Metadata-Version: 2.1\n")
    (nameless / "entry_points.txt").write_text("[opentelemetry_instrumentor]\nx = json:Nothing\n")
    monkeypatch.syspath_prepend(tmp_path)

    assert before == instrumentors()


@pytest.mark.parametrize(
    ("prefer", "scope"),
    [
        (None, "openinference.instrumentation.openai"),
        ("openllmetry", "opentelemetry.instrumentation.openai.v1"),
        ("prela", None),
    ],
)
def test_one_is_started_for_a_library_by_preference(
    begin: Begin,
    tracer: Tracer,
    kept: Kept,
    client: OpenAI,
    *,
    prefer: str | None,
    scope: str | None,
) -> None:
    done = begin("openai", prefer=prefer)
    assert ("openai",) == done.started
    assert 3 == len(done.outcomes)
    with tracer.span("agent"):
        ask(client)

    [call, agent] = kept.spans
    assert agent.span_id == call.parent_span_id
    assert agent.trace_id == call.trace_id
    assert scope == call.attributes.get("otel.scope.name")


@pytest.mark.parametrize("prefer", ["openinference", "openllmetry", "prela"])
@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_columns_are_right_whichever_is_started(
    begin: Begin,
    tracer: Tracer,
    kept: Kept,
    client: OpenAI,
    anthropic_api: tuple[str, AnthropicApi],
    *,
    prefer: str,
    vendor: str,
) -> None:
    begin(vendor, prefer=prefer)
    with context(session="s-1", user="u-7"):
        if vendor == "openai":
            ask(client)
        else:
            with Anthropic(base_url=anthropic_api[0], api_key="sk-1") as other:
                other.messages.create(**CLAUDE)

    columns = columns_of(kept.only())
    model = "gpt-4o-2024-08-06" if vendor == "openai" else "claude-x-20260101"
    assert ("llm", vendor, model) == (columns.span_type, columns.provider, columns.model)
    assert (2, 4) == (columns.input_tokens, columns.output_tokens)
    assert ("s-1", "u-7") == (columns.session_id, columns.user_id)
    assert "hello there" in columns.input
    assert "You said: hello there" in columns.output


def test_a_stream_of_an_instrumentor_is_one_span(
    begin: Begin, tracer: Tracer, kept: Kept, client: OpenAI
) -> None:
    begin("openai")
    with tracer.span("agent") as agent:
        for _ in client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}
        ):
            pass

    [call] = [span for span in kept.spans if span.name != "agent"]
    assert agent.span_id == call.parent_span_id
    assert "You said: hello there" in json.dumps(call.attributes)
    assert 2 == call.attributes["llm.token_count.prompt"]


def test_a_named_package_wins_over_the_order(begin: Begin) -> None:
    done = begin("opentelemetry-instrumentation-openai")
    assert {"opentelemetry-instrumentation-openai openai": State.STARTED} == states(done)


def test_the_default_are_those_for_ai_and_each_says_why(begin: Begin) -> None:
    done = begin(exclude="anthropic")
    listed = states(done)
    assert State.STARTED == listed["openinference-instrumentation-openai openai"]
    assert State.SKIPPED == listed["opentelemetry-instrumentation-openai openai"]
    assert State.SKIPPED == listed["openinference-instrumentation-anthropic anthropic"]
    lines = str(done).splitlines()
    assert any("started  openai 3." in line and "(openinference)" in line for line in lines)
    assert any("(excluded)" in line for line in lines)
    assert any("(openinference-instrumentation-openai is used)" in line for line in lines)


def test_what_is_recorded_already_is_left_alone(
    begin: Begin, tracer: Tracer, kept: Kept, client: OpenAI, provider: TracerProvider
) -> None:
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415 - the user's

    users = OpenAIInstrumentor()
    users.instrument(tracer_provider=provider)
    try:
        done = begin("openai")
        ask(client)
        done.undo()
        assert users.is_instrumented_by_opentelemetry
    finally:
        users.uninstrument()

    assert () == done.started
    assert "opentelemetry.instrumentation.openai.v1" == kept.only().attributes["otel.scope.name"]


def test_starting_twice_starts_once_and_the_first_undoes_it(
    begin: Begin, tracer: Tracer, kept: Kept, client: OpenAI
) -> None:
    for prefer in ("openinference", "prela"):
        first = begin("openai", prefer=prefer)
        second = begin("openai", prefer=prefer)
        assert (("openai",), ()) == (first.started, second.started)
        second.undo()
        ask(client)
        first.undo()
        first.undo()
        ask(client)

    assert 2 == len(kept.spans)


def test_a_call_of_anthropic_is_one_span_though_it_makes_its_own(
    begin: Begin,
    tracer: Tracer,
    kept: Kept,
    provider: TracerProvider,
    anthropic_api: tuple[str, AnthropicApi],
) -> None:
    otel: Any = {"tracer_provider": provider}
    url = anthropic_api[0]
    with Anthropic(base_url=url, api_key="sk-1", open_telemetry=otel) as client:
        for prefer in ("openinference", "openllmetry", "prela"):
            done = begin("anthropic", prefer=prefer)
            assert ("anthropic",) == done.started
            with tracer.span(prefer):
                client.messages.create(**CLAUDE)
            done.undo()
        # Where nothing else records it, its own span is better than none.
        begin(exclude="anthropic")
        with tracer.span("own"):
            client.messages.create(**CLAUDE)

    parents = list(kept.parents.values())
    assert [1, 1, 1, 1] == [
        parents.count(name) for name in ("openinference", "openllmetry", "prela", "own")
    ]
    assert 8 == len(kept.spans)


def test_what_is_not_there_says_what_to_install(begin: Begin) -> None:
    done = begin("cohere", "no-such-thing")
    assert () == done.started
    assert ["pip install openinference-instrumentation-cohere"] == [
        one.why for one in done.outcomes if one.instrumentor.library == "cohere"
    ]
    assert "no installed instrumentor is called so" in str(done)


def test_libraries_that_nothing_records_are_named(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = start.installed_version
    monkeypatch.setattr(
        start, "installed_version", lambda name: "0.2" if name == "cohere" else found(name)
    )
    assert (
        "cohere 0.2 is not recorded: pip install openinference-instrumentation-cohere "
        "'prela-core[otel]'"
    ) in begin().advice
    assert () == begin("openai").advice


def broken(value: str, library: str = "openai", *, ai: bool = True) -> Instrumentor:
    return Instrumentor(
        name=library,
        family=Family.OPENINFERENCE,
        package="broken",
        version="0.1",
        library=library,
        library_version="1",
        ai=ai,
        entry=EntryPoint("broken", value, "openinference_instrumentor"),
    )


def test_calls_that_would_count_twice_are_named(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    framework = broken("tests.prela_core.instrumentation.faulty:Quiet", "langchain-core")
    found = instrumentors()
    monkeypatch.setattr(start, "instrumentors", lambda: [framework, *found])

    said = (
        "calls of openai by langchain-core are two spans each, with their tokens counted twice; "
        "exclude='openai' makes them one"
    )
    both = begin(exclude="anthropic")
    assert said in both.advice
    both.undo()
    assert said not in begin(exclude=["anthropic", "openai"]).advice
    assert () == begin("langchain-core", "openai").advice


@pytest.mark.parametrize(
    ("value", "state", "why"),
    [
        ("no_such_module_here:X", State.FAILED, "ModuleNotFoundError"),
        ("json:NoSuchClass", State.FAILED, "AttributeError"),
        ("tests.prela_core.instrumentation.faulty:Raises", State.FAILED, "RuntimeError: no"),
        ("tests.prela_core.instrumentation.faulty:Conflicts", State.SKIPPED, "openai < 0.1"),
    ],
)
def test_one_that_fails_makes_room_for_the_next(
    begin: Begin,
    tracer: Tracer,
    kept: Kept,
    client: OpenAI,
    monkeypatch: pytest.MonkeyPatch,
    *,
    value: str,
    state: State,
    why: str,
) -> None:
    found = instrumentors()
    monkeypatch.setattr(start, "instrumentors", lambda: [broken(value), *found])
    done = begin("openai")

    first, second = done.outcomes[:2]
    assert ("broken", state) == (first.instrumentor.package, first.state)
    assert why in first.why
    assert ("openinference-instrumentation-openai", State.STARTED) == (
        second.instrumentor.package,
        second.state,
    )
    ask(client)
    assert 1 == len(kept.spans)


def test_what_is_not_for_ai_is_started_by_name_only(
    begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    noisy = broken("tests.prela_core.instrumentation.faulty:Noisy", "requests", ai=False)
    monkeypatch.setattr(start, "instrumentors", lambda: [noisy])
    assert () == begin().outcomes
    done = begin("requests", answer=42)
    assert ("requests",) == done.started
    assert 42 == sys.modules["tests.prela_core.instrumentation.faulty"].Noisy().given["answer"]


def test_one_that_cannot_be_ended_does_not_keep_the_others(
    begin: Begin, client: OpenAI, tracer: Tracer, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = instrumentors()
    stuck = broken("tests.prela_core.instrumentation.faulty:Stays", "anthropic")
    monkeypatch.setattr(start, "instrumentors", lambda: [stuck, *found])
    done = begin("openai", "broken")
    assert ("anthropic", "openai") == done.started
    done.undo()
    ask(client)

    assert [] == kept.spans


def alone(program: str, *options: str) -> str:
    """Run a program in a fresh interpreter, where nothing is patched and no provider set."""
    source = Path(start.__file__).parents[2]
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(source)},
    ).stdout


def test_a_process_without_a_provider_gets_one(openai_api: tuple[str, OpenAIApi]) -> None:
    said = alone(
        f"""
import prela_core, time
from prela_core.emit import Tracer, set_tracer
put = []
class Sink:
    put = staticmethod(put.append)
    flush = close = staticmethod(lambda timeout: True)
done = prela_core.instrument("openai")
set_tracer(Tracer("shop", Sink(), now_ns=time.time_ns, monotonic_ns=time.monotonic_ns))
from opentelemetry import trace
from openai import OpenAI
from openai.resources.chat.completions import AsyncCompletions, Completions
from openai.resources.embeddings import Embeddings
from openai.resources.responses import Responses
with trace.get_tracer("mine").start_as_current_span("root"):
    OpenAI(base_url={openai_api[0]!r}, api_key="k").embeddings.create(model="e", input="x")
print([(s.to_span().name, s.to_span().service_name) for s in put])
done.undo()
with trace.get_tracer("mine").start_as_current_span("after"):
    pass
print(len(put))
"""
    )
    assert "[('CreateEmbeddings', 'shop'), ('root', 'shop')]\n2\n" == said


def test_our_sampler_decides_on_the_roots_of_a_provider_that_we_made() -> None:
    said = alone(
        """
import time
from opentelemetry import trace
from prela_core.emit import Tracer, set_tracer
from prela_core.instrumentation import bridge
put, asked = [], []
class Sink:
    put = staticmethod(put.append)
    flush = close = staticmethod(lambda timeout: True)
def sampler(trace_id, parent, now):
    asked.append((len(trace_id), parent))
    return len(asked) > 1
tracer = Tracer(
    "shop", Sink(), now_ns=time.time_ns, monotonic_ns=time.monotonic_ns, sampler=sampler
)
set_tracer(tracer)
bridge()
theirs = trace.get_tracer("theirs")
for name in ("dropped", "kept"):
    with theirs.start_as_current_span(name), theirs.start_as_current_span("below"):
        pass
print(asked, [span.to_span().name for span in put])
"""
    )
    assert "[(32, None), (32, None)] ['below', 'kept']\n" == said


def test_without_the_extra_the_helpers_serve_and_the_rest_says_how_to_get_it() -> None:
    said = alone(
        """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "opentelemetry.sdk" or name.startswith("opentelemetry.sdk."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
import prela_core
done = prela_core.instrument("openai")
print(done)
from prela_core.instrumentation import bridge
try:
    bridge()
except ImportError as error:
    print(error)
"""
    )
    needed = "spans of OpenTelemetry need its SDK: pip install 'prela-core[otel]'"
    lines = said.splitlines()
    assert 2 == len([line for line in lines if f"({needed})" in line])
    assert any("prela-core (prela)" in line and line.startswith("started") for line in lines)
    assert needed == lines[-1]


def test_nothing_of_opentelemetry_is_imported_until_it_is_used() -> None:
    said = alone(
        """
import sys
import prela_core
import prela_core.instrumentation, prela_core.instrumentation.openai
prela_core.instrument, prela_core.instrumentors()
print([name for name in sys.modules if name.split(".")[0] in ("opentelemetry", "openai")])
"""
    )
    assert "[]\n" == said


def test_names_may_come_in_a_list(begin: Begin) -> None:
    done = begin(["no-such", "neither-this"])
    assert ["no-such", "neither-this"] == [one.instrumentor.name for one in done.outcomes]


def test_a_family_that_is_none_is_said(begin: Begin) -> None:
    with pytest.raises(SettingsError, match=r"prefer is one of openinference, .*, not 'traceloop'"):
        begin(prefer="traceloop")


def test_nothing_to_record_is_said_too() -> None:
    assert "no AI library is installed that could be recorded" == str(Instrumented(()))
