"""Compiles what `prela_core.compiled` has, where there is a compiler; without one all is Python.

`COMPILE_PRELA=0` leaves it out. With `COMPILE_PRELA=1` it is an error when it can't be done;
otherwise it is said, and the package works all the same.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["CompiledHook", "compile_room"]

_ROOM = Path("src/prela_core/compiled")


class CompiledHook(BuildHookInterface[Any]):
    """Puts the compiled modules beside their sources, and into the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before anything is packed; an editable install then finds them in place."""
        del version
        wanted = os.environ.get("COMPILE_PRELA", "")
        if self.target_name != "wheel":
            return
        room = Path(self.root) / _ROOM
        if wanted == "0":
            _remove(room)
            return
        try:
            compile_room(room)
        except (Exception, SystemExit) as error:
            _remove(room)
            if wanted:
                raise
            self.app.display_warning(f"nothing is compiled, all is in Python: {error}")
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["artifacts"] += [f"{_ROOM}/*{_suffix()}"]


def compile_room(room: Path) -> None:
    """Compile all in `room`, in place, if any of it is older than the sources."""
    sources = sorted(room.glob("*.pyx"))
    newest = max(path.stat().st_mtime for path in (*sources, *room.glob("*.pxd")))
    made = [source.with_suffix(_suffix()) for source in sources]
    if all(path.exists() and path.stat().st_mtime >= newest for path in made):
        return

    from Cython.Build import cythonize  # noqa: PLC0415 - not needed where nothing is compiled
    from setuptools import Distribution, Extension  # noqa: PLC0415 - likewise
    from setuptools.command.build_ext import build_ext  # noqa: PLC0415 - likewise

    package = "prela_core.compiled"
    with tempfile.TemporaryDirectory() as scratch:
        extensions = cythonize(
            [
                Extension(f"{package}.{each.stem}", [str(each)], extra_compile_args=_flags())
                for each in sources
            ],
            build_dir=scratch,
            include_path=[str(room.parents[1])],
            compiler_directives={"language_level": 3},
        )
        distribution = Distribution({"ext_modules": extensions})
        command = build_ext(distribution)
        command.build_lib = command.build_temp = scratch
        command.ensure_finalized()
        command.run()
        # All at once, when all of it is made: they know of each other how values lie in memory.
        for each in made:
            shutil.copy2(next(Path(scratch).rglob(each.name)), each.with_suffix(".part"))
        for each in made:
            each.with_suffix(".part").replace(each)


def _remove(room: Path) -> None:
    """Leave nothing of an earlier build, for an editable install would use it."""
    for path in room.glob(f"*{_suffix()}"):
        path.unlink()


def _flags() -> list[str]:
    # What a debugger would want is four fifths of a module.
    return [] if os.name == "nt" else ["-g0"]


def _suffix() -> str:
    """Give how this interpreter's compiled modules are called."""
    return str(sysconfig.get_config_var("EXT_SUFFIX"))


if __name__ == "__main__":
    # While one works on a source: `python hatch_build.py` compiles in place.
    compile_room(Path(__file__).parent / _ROOM)
