from __future__ import annotations

import chdb
import pytest

from prela_core.store.sql.functions import COUNTED, FUNCTIONS, is_known

# They are parts of the language.
_NOT_LISTED_BY_THE_ENGINE = {"countdistinct", "exists", "grouping", "lambda", "untuple"}


@pytest.fixture(scope="module")
def listed() -> set[str]:
    answer = chdb.query("SELECT lower(name) FROM system.functions", "TSV")
    return set(answer.bytes().decode().split())


def test_every_listed_function_is_one_of_the_engine(listed: set[str]) -> None:
    assert set() == FUNCTIONS - listed - _NOT_LISTED_BY_THE_ENGINE


@pytest.mark.parametrize(
    "name",
    ["count", "COUNT", "countIf", "sumOrNull", "uniqExactIf", "quantileIf", "toStartOfHour"],
)
def test_what_computes_from_its_arguments_is_known(name: str) -> None:
    assert is_known(name)


@pytest.mark.parametrize(
    "name",
    [
        *("editDistance", "editDistanceUTF8", "levenshteinDistance", "levenshteinDistanceUTF8"),
        *("damerauLevenshteinDistance", "jaroSimilarity", "jaroWinklerSimilarity", "ngramSearch"),
        *("ngramDistance", "ngrams", "stringJaccardIndex", "base58Encode", "base58Decode"),
        *("arrayFold", "printf", "URLHierarchy", "URLPathHierarchy"),
    ],
)
def test_what_takes_more_work_than_its_input_is_long_is_not_known(name: str) -> None:
    assert not is_known(name)


def test_every_counted_function_is_a_known_one() -> None:
    assert COUNTED.keys() <= FUNCTIONS


@pytest.mark.parametrize(
    "name",
    [
        *("file", "url", "dictGet", "joinGet", "getSetting", "getMacro", "currentUser"),
        *("hostName", "version", "sleep", "sleepEachRow", "hasColumnInTable", "globalVariable"),
        *("aiGenerate", "executable", "currentDatabase", "getServerPort", "fileCluster", ""),
        *("countfile", "anyfile", "sumState", "arrayReduce", "initializeAggregation"),
    ],
)
def test_what_reaches_outside_is_not_known(name: str) -> None:
    assert not is_known(name)
