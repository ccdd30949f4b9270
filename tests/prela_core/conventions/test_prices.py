from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from importlib import resources
from typing import Any

import pytest

from prela_core.conventions import explain, price_of, price_version, resolve
from prela_core.conventions.prices import Price, _table, cost_usd
from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]


@pytest.mark.parametrize(
    ("model", "of"),
    [
        ("gpt-4", "gpt-4"),
        ("GPT-4", "gpt-4"),
        (" gpt-4 ", "gpt-4"),
        ("openai/gpt-4o", "gpt-4o"),
        ("azure/eu/gpt-4o", "gpt-4o"),
        ("models/gemini-1.5-pro", "gemini-1.5-pro"),
        ("publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("gemini-1.5-pro-002", "gemini-1.5-pro"),
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("gpt-5-chat-latest", "gpt-5"),
        ("claude-sonnet-4-20250514", "claude-sonnet-4"),
        ("claude-opus-4-1-20250805", "claude-opus-4"),
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-3-5-sonnet@20240620", "claude-3-5-sonnet"),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet"),
        ("anthropic/claude-3.5-sonnet:beta", "claude-3-5-sonnet"),
        ("anthropic.claude-3-5-haiku-20241022-v1:0", "claude-3-5-haiku"),
        ("us.anthropic.claude-sonnet-4-20250514-v1:0", "claude-sonnet-4"),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", "ft:gpt-4o-mini-2024-07-18"),
        ("ft:gpt-3.5-turbo-0125:acme::abc123", "ft:gpt-3.5-turbo"),
    ],
)
def test_names_that_mean_a_known_model(model: str, of: str) -> None:
    assert of in _table().names
    assert _table().names[of] == price_of(model)


@pytest.mark.parametrize(
    "model",
    [
        "",
        "-",
        "/",
        "gpt",
        "gpt-4o-nano",
        "gpt-4-mini",
        "gpt-4-turbo-ultra",
        "gpt-4o-audio-preview",
        "gpt-45",
        "gpt-5.99",
        "o1-giant",
        "claude",
        "claude-opus-4-9",
        "claude-opus-5",
        "claude-3",
        "claude-3-opusculum",
        "gemini-2.5-flash-image",
        "gemini-2.5-pro:free",
        "mistral-large-latest",
        "ft:gpt-4o-nano-2024-08-06:acme",
        "my-gpt-4",
        "meta-llama/llama-3.3-70b-instruct-turbo",
        "x" * 100_000,
        "\x00",
    ],
)
def test_an_unknown_model_has_no_price(model: str) -> None:
    assert price_of(model) is None


def test_a_model_never_has_the_price_of_another_that_begins_like_it() -> None:
    assert price_of("gpt-4") != price_of("gpt-4o-mini")
    assert price_of("gpt-4o") != price_of("gpt-4o-mini")
    assert price_of("claude-opus-4") != price_of("claude-opus-4-5")
    assert price_of("gpt-4o-2024-05-13") != price_of("gpt-4o-2024-08-06")
    assert price_of("gemini-1.5-flash-8b") != price_of("gemini-1.5-flash")


def test_the_table_is_sane() -> None:
    table = _table()

    assert price_version() == date.fromisoformat(price_version()).isoformat()
    for name, price in table.names.items():
        assert name == name.strip().lower()
        assert 0 < price.input <= 150, name
        # Embeddings ask nothing for output; nobody else gives it away.
        assert price.output >= price.input or price.output == 0, name
        assert price.cache_read is None or 0 < price.cache_read < price.input, name
        assert price.cache_write is None or price.cache_write >= price.input, name
        if price.long_over is not None:
            assert price.long_input > price.input, name
            assert price.long_output > price.output, name


def test_no_name_has_two_prices() -> None:
    file = resources.files("prela_core.conventions").joinpath("prices.json")
    names = [
        name
        for entry in json.loads(file.read_bytes())["models"]
        for name in [*entry.get("names", []), *entry.get("families", [])]
    ]

    assert sorted(set(names)) == sorted(names)


PRICE = Price(10.0, 20.0, 1.0, 12.0)


def test_cached_tokens_are_counted_once_either_way() -> None:
    included = cost_usd(PRICE, 1000, 100, 600, 300, includes_cached=True)
    apart = cost_usd(PRICE, 100, 100, 600, 300, includes_cached=False)

    assert (100 * 10 + 100 * 20 + 600 * 1 + 300 * 12) / 1e6 == pytest.approx(included)
    assert included == pytest.approx(apart)


def test_more_cached_tokens_than_input_were_evidently_counted_apart() -> None:
    assert cost_usd(PRICE, 10, 0, 600, includes_cached=False) == cost_usd(
        PRICE, 10, 0, 600, includes_cached=True
    )


def test_without_a_price_of_its_own_a_cached_token_costs_as_any_other() -> None:
    assert cost_usd(Price(10.0, 20.0), 1000, 0) == pytest.approx(
        cost_usd(Price(10.0, 20.0), 1000, 0, 400, 300, includes_cached=True)
    )


def test_long_prices_hold_for_the_whole_request_and_count_cached_tokens() -> None:
    price = Price(1.0, 2.0, 0.1, long_over=1000, long_input=3.0, long_output=4.0)

    assert (1000 * 1 + 10 * 2) / 1e6 == pytest.approx(cost_usd(price, 1000, 10))
    assert (1001 * 3 + 10 * 4) / 1e6 == pytest.approx(cost_usd(price, 1001, 10))
    assert (500 * 3 + 501 * 3 + 10 * 4) / 1e6 == pytest.approx(cost_usd(price, 500, 10, 501))


@pytest.mark.parametrize(
    ("spelling", "fresh"),
    [
        ("gen_ai.usage.input_tokens", 600),
        ("gen_ai.usage.prompt_tokens", 600),
        ("llm.input_tokens", 1000),
        ("llm.prompt_tokens", 1000),
        ("llm.usage.prompt_tokens", 1000),
        ("llm.token_count.prompt", 600),
    ],
)
def test_the_spelling_says_whether_input_includes_cached_tokens(
    make_span: SpanMaker, spelling: str, fresh: int
) -> None:
    span = make_span({"llm.model": "gpt-4o", spelling: 1000, "llm.cache_read_tokens": 400})

    columns = resolve(span)
    assert (fresh * 2.5 + 400 * 1.25) / 1e6 == pytest.approx(columns.cost_usd)
    assert (1000, 400) == (columns.input_tokens, columns.cache_read_tokens)


def test_a_computed_cost_says_so_and_from_which_table(make_span: SpanMaker) -> None:
    span = make_span({"llm.model": "gpt-4", "llm.input_tokens": 1000, "llm.output_tokens": 500})
    columns = resolve(span)

    assert pytest.approx(0.06) == columns.cost_usd
    assert ("computed", price_version()) == (columns.cost_source, columns.price_version)
    assert f"price table {price_version()}" == explain(span)["cost_usd"]


def test_reasoning_tokens_are_a_part_of_output(make_span: SpanMaker) -> None:
    counts = {"llm.model": "o3", "llm.output_tokens": 500}
    with_reasoning = make_span({**counts, "gen_ai.usage.reasoning_tokens": 400})

    assert resolve(make_span(counts)).cost_usd == resolve(with_reasoning).cost_usd


@pytest.mark.parametrize(
    "attributes",
    [
        {"llm.model": "gpt-4"},
        {"llm.input_tokens": 5},
        {"llm.model": "nobody-knows", "llm.input_tokens": 5},
        {"llm.model": "gpt-4", "llm.input_tokens": 5, "llm.output_tokens": -5},
        {"llm.model": "gpt-4", "llm.input_tokens": 5, "llm.cache_read_tokens": "x"},
    ],
)
def test_no_cost_is_guessed(make_span: SpanMaker, attributes: Any) -> None:
    columns = resolve(make_span(attributes))

    assert (None, "", "") == (columns.cost_usd, columns.cost_source, columns.price_version)


def test_no_tokens_cost_nothing(make_span: SpanMaker) -> None:
    assert 0.0 == resolve(make_span({"llm.model": "gpt-4", "llm.input_tokens": 0})).cost_usd
