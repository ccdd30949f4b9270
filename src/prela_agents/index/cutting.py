"""Markdown, cut where its headings are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from prela_agents.errors import AgentError
from prela_agents.model import Passage

__all__ = ["cut", "paragraphs", "read_docs"]

_HEADING = re.compile(r"(#{1,6})\s+(.+?)(?:\s+#+)?\s*$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def read_docs(
    folder: Path, *, skip: Collection[str] = ("bench", "decisions")
) -> tuple[Passage, ...]:
    """Cut every Markdown file below `folder`, in the order of their paths.

    Paths of passages are relative to what holds `folder`, as in `docs/deploy.md`. Folders named in
    `skip` are left out: decision records tell what was rejected, and tables of benchmarks are
    figures by the row, which answers nobody. Raises `AgentError` when there is no such folder or
    nothing in it, and for a file that can't be read.
    """
    files = sorted(
        path
        for path in folder.rglob("*.md")
        if not set(path.relative_to(folder).parts[:-1]) & set(skip)
    )
    if not files:
        raise AgentError(
            f"there are no docs to look things up in: no .md file below {folder}; `docs` in the "
            "settings' file, or PRELA_AGENTS_DOCS, names their folder"
        )
    return tuple(
        passage
        for path in files
        for passage in cut(path.relative_to(folder.parent).as_posix(), _text(path))
    )


def cut(path: str, markdown: str) -> Iterator[Passage]:
    """Give what stands below each heading; a `#` within code is none.

    What stands before the first heading belongs to the file itself, whose name is its trail.
    Headings with nothing of their own below them give nothing.
    """
    anchors: Counter[str] = Counter()
    trail: list[tuple[int, str]] = []
    anchor, lines, fence = "", list[str](), ""

    def passage() -> Iterator[Passage]:
        text = "\n".join(lines).strip("\n")
        if text.strip():
            named = tuple(title for _, title in trail) or (Path(path).stem,)
            yield Passage(id=f"{path}#{anchor}", path=path, anchor=anchor, trail=named, text=text)

    for line in markdown.splitlines():
        if mark := _FENCE.match(line):
            if not fence:
                fence = mark[1]
            elif mark[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        heading = None if fence else _HEADING.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield from passage()
        level, title = len(heading[1]), _LINK.sub(r"\1", heading[2]).replace("`", "")
        trail = [each for each in trail if each[0] < level] + [(level, title)]
        anchor, lines = _anchor(title, anchors), []
    yield from passage()


def paragraphs(text: str) -> Sequence[str]:
    """Give the blocks of a passage that empty lines part; a block of code stays whole."""
    blocks, fence = [list[str]()], ""
    for line in text.splitlines():
        if mark := _FENCE.match(line):
            fence = "" if fence else mark[1]
        if line.strip() or fence:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return ["\n".join(block) for block in blocks if block]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise AgentError(f"{path}, of the docs, can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AgentError(f"{path}, of the docs, is not in UTF-8: {error}") from error


def _anchor(title: str, taken: Counter[str]) -> str:
    """Give the anchor that GitHub gives a heading: numbered where a file has it already."""
    bare = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    taken[bare] += 1
    return bare if taken[bare] == 1 else f"{bare}-{taken[bare] - 1}"
