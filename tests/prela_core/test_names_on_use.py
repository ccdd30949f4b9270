from __future__ import annotations

import pytest

from prela_core import text, wire
from prela_core.names_on_use import names_on_use
from prela_core.wire.timestamps import parse_timestamp


def test_a_name_is_that_of_its_module() -> None:
    assert wire.parse_timestamp is parse_timestamp


def test_all_names_are_listed() -> None:
    assert [wire.__all__, text.__all__] == [dir(wire), dir(text)]


def test_any_other_name_is_said_not_to_be_there() -> None:
    get, _ = names_on_use("shop", {"price": "shop.prices"})

    with pytest.raises(AttributeError, match=r"module 'shop' has no attribute 'cost'"):
        get("cost")
