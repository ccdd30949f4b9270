"""Completion in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")

# `compopt` works only in a completion that the user asked for at the prompt.
_ASK = """
compopt() {{ printf '%s\\n' "$@"; }}
eval "$(prela completion bash)"
COMP_WORDS=({words}) COMP_CWORD={word}
_prela_completion prela
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which `prela` is, whether or not it was installed."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "prela"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -m prela_cli "$@"\n')
    script.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def completed(path: str, *words: str) -> list[str]:
    quoted = " ".join(f"'{word}'" for word in ("prela", *words))
    done = subprocess.run(
        ["bash", "--norc", "-c", _ASK.format(words=quoted, word=len(words))],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "" == done.stderr
    return sorted(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["se"], ["search", "serve", "session"]),
        (["query", "--mo"], ["--model"]),
        (["query", "--status", ""], ["error", "pending", "success"]),
        (["query", "--order", "de"], ["dearest"]),
        (["query", "--type", "re"], ["reranker", "retrieval"]),
        (["rei"], ["reindex"]),
        (["keys", ""], ["create", "list", "revoke"]),
        (["keys", "create", "--scope", "in"], ["ingest"]),
        (["completion", ""], ["bash", "fish", "zsh"]),
        (["query", "--order", "nothing"], []),
    ],
    ids=" ".join,
)
def test_bash_completes(path: str, words: list[str], expected: list[str]) -> None:
    assert expected == completed(path, *words)


def test_bash_is_told_to_complete_files_to_ingest_by_itself(path: str) -> None:
    assert ["-o", "default"] == completed(path, "ingest", "")


def test_bash_is_told_to_complete_folders_by_itself(path: str) -> None:
    assert ["-o", "dirnames"] == completed(path, "serve", "--data-dir", "")
