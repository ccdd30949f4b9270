"""What a model's tokens cost, from a dated table of list prices.

A model is looked up by its exact name; then without what hosts put around it (`openai/gpt-4o`,
`models/gemini-2.5-pro`, `us.anthropic.claude-...`); then without the date or version of a
snapshot (`-2024-08-06`, `-20250514`, `@20240620`, `-v2:0`, `-001`, `-latest`); then by the
longest prefix that the table declares to be a family with one price. A name that is none of
these has no price: `gpt-4` says nothing of `gpt-4o-mini`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources

import attrs
import msgspec

__all__ = ["Price", "cost_usd", "price_of", "price_version"]

_PER = 1_000_000
_MAX_NAME = 200
_MAX_REMEMBERED = 4096

_REGION = re.compile(r"^(?:us|eu|apac|au|ca|jp|us-gov|global)\.(?=[a-z])")
_MAKER = re.compile(r"^(?:anthropic|cohere|mistral)\.(?=[a-z])")
_SNAPSHOT = re.compile(
    r"(?:-\d{4}-\d{2}-\d{2}|[-@]20\d{6}|[-@]latest|@default|-00\d|-v\d+(?::\d+)?)+$"
)
_BOUNDARY = "-.:@"


@attrs.frozen
class Price:
    """List prices in US dollars per million tokens.

    `cache_read` and `cache_write` are those of `input` where a vendor asks no other.
    From `long_over` input tokens on, cached ones included, the `long_` prices hold for the
    whole request.
    """

    input: float
    output: float = 0.0
    cache_read: float | None = None
    cache_write: float | None = None
    long_over: int | None = None
    long_input: float = 0.0
    long_output: float = 0.0
    long_cache_read: float | None = None
    long_cache_write: float | None = None

    def for_input_of(self, tokens: int) -> Price:
        """Give the prices that hold for a request with `tokens` tokens of input in all."""
        if self.long_over is None or tokens <= self.long_over:
            return self
        return Price(self.long_input, self.long_output, self.long_cache_read, self.long_cache_write)


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    price: Price
    names: list[str] = []
    families: list[str] = []


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: str
    models: list[_Entry]


@attrs.frozen
class _Table:
    version: str
    names: dict[str, Price]
    families: dict[str, Price]


@cache
def _table() -> _Table:
    # Read at first use: most programs that import the package never price anything.
    file = resources.files("prela_core.conventions").joinpath("prices.json")
    content = msgspec.json.decode(file.read_bytes(), type=_File)
    names: dict[str, Price] = {}
    families: dict[str, Price] = {}
    for entry in content.models:
        names.update(dict.fromkeys([*entry.names, *entry.families], entry.price))
        families.update(dict.fromkeys(entry.families, entry.price))
    return _Table(content.version, names, families)


_remembered: dict[str, Price | None] = {}


def price_version() -> str:
    """Give the date of the price table, which is its version."""
    return _table().version


def price_of(model: str) -> Price | None:
    """Give the price of `model`, in any letter case; None when the table does not know it."""
    if model in _remembered:
        return _remembered[model]
    if len(model) > _MAX_NAME:
        return None
    if len(_remembered) >= _MAX_REMEMBERED:
        # Names come from senders; what is remembered of them must not grow without end.
        _remembered.clear()
    price = _remembered[model] = _find(model)
    return price


def _find(model: str) -> Price | None:
    table = _table()
    name = model.strip().lower()
    bare = _MAKER.sub("", _REGION.sub("", name.rpartition("/")[2]))
    for candidate in (name, bare, _SNAPSHOT.sub("", bare)):
        if candidate in table.names:
            return table.names[candidate]
    for end in range(len(bare) - 1, 0, -1):
        if bare[end] in _BOUNDARY and bare[:end] in table.families:
            return table.families[bare[:end]]
    return None


def cost_usd(  # noqa: PLR0917  # naming them costs as much as the sum does
    price: Price,
    input_tokens: int,
    output_tokens: int,
    cache_read_tokens: int = 0,
    cache_write_tokens: int = 0,
    includes_cached: bool = False,  # noqa: FBT001, FBT002  # likewise
) -> float:
    """Compute the cost of a request in US dollars, counting every token once.

    `includes_cached` says that `input_tokens` contains the cached tokens. Should there be more
    cached tokens than input, the sender evidently counts them apart, whatever it is said to do.
    Reasoning tokens are a part of `output_tokens`.
    """
    cached = cache_read_tokens + cache_write_tokens
    if not cached and price.long_over is None:
        return (input_tokens * price.input + output_tokens * price.output) / _PER
    fresh = input_tokens - cached if includes_cached and cached <= input_tokens else input_tokens
    if price.long_over is not None:
        price = price.for_input_of(fresh + cached)
    read = price.input if price.cache_read is None else price.cache_read
    write = price.input if price.cache_write is None else price.cache_write
    return (
        fresh * price.input
        + cache_read_tokens * read
        + cache_write_tokens * write
        + output_tokens * price.output
    ) / _PER
