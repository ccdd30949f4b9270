"""What processes have used, with all that they started; from `/proc`, so on Linux only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["cpu_seconds", "disk_bytes", "family", "forget_peak", "memory_now", "peak_memory"]

_TICKS = 100


def family(pid: int) -> list[int]:
    """Give a process and its descendants."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))

    def below(one: int) -> Iterator[int]:
        yield one
        for child in children.get(one, []):
            yield from below(child)

    return list(below(pid))


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process and its descendants have used so far."""
    total = 0
    for each in family(pid):
        with suppress(OSError):
            # The times of children that have ended are in those of their parents.
            total += sum(map(int, _fields(Path(f"/proc/{each}/stat"))[11:15]))
    return total / _TICKS


def peak_memory(pid: int) -> float:
    """Give the most that a process has held in memory so far, in MB; of a family, the sum."""
    return sum(_kilobytes(each, "status").get("VmHWM", 0) for each in family(pid)) / 1000


def forget_peak(pid: int) -> None:
    """Have `peak_memory` tell the most from now on."""
    for each in family(pid):
        Path(f"/proc/{each}/clear_refs").write_text("5")


def memory_now(pid: int) -> float:
    """Give what a process holds in memory, in MB; what a family shares counts about once."""
    held = [_kilobytes(each, "smaps_rollup") for each in family(pid)]
    own = [each.get("Private_Clean", 0) + each.get("Private_Dirty", 0) for each in held]
    shared = (each.get("Rss", 0) - part for each, part in zip(held, own, strict=True))
    return (sum(own) + max(shared)) / 1000


def disk_bytes(folder: Path) -> int:
    """Give what the files of a folder take."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):  # merges remove files meanwhile
            total += path.stat().st_blocks * 512 if path.is_file() else 0
    return total


def _fields(stat: Path) -> list[str]:
    return stat.read_text().rpartition(")")[2].split()


def _kilobytes(pid: int, file: str) -> dict[str, int]:
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        return {
            name: int(value.removesuffix("kB"))
            for name, _, value in (line.partition(":") for line in lines)
            if value.endswith("kB")
        }
    return {}
