"""The `prela` command. A subcommand's module is imported when that subcommand is used."""

from __future__ import annotations

import errno
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import attrs
import click
from click.shell_completion import CompletionItem

from prela_cli.failures import Failure, WrongRequestFailure, failure_of
from prela_cli.paging import NO_PAGER
from prela_core import __version__

__all__ = ["COMMANDS", "Entry", "LazyGroup", "prela"]


@attrs.frozen
class Entry:
    """A subcommand as `prela --help` shows it, and the extras of prela-core that it needs."""

    summary: str
    extras: str = "cli"
    same_as: str = ""
    """The subcommand that this is another name of."""


COMMANDS = {
    "serve": Entry("Receive, store and answer, in one process or several.", "server,embedded"),
    "config": Entry("Show the settings in force and where each came from.", "server"),
    "import": Entry("Store the spans of files.", "embedded", same_as="ingest"),
    "ingest": Entry("The same as import.", "embedded"),
    "push": Entry("Copy spans of the data directory to a server.", "embedded"),
    "pull": Entry("Copy spans of a server into the data directory.", "embedded"),
    "query": Entry("List traces.", "embedded"),
    "show": Entry("Show one trace as a tree with its times, tokens and cost.", "embedded"),
    "spans": Entry("List spans, of whatever traces.", "embedded"),
    "diff": Entry("Compare two traces: what was added, removed, slower, dearer.", "embedded"),
    "graph": Entry("Show who called whom in a trace, and how often.", "embedded"),
    "session": Entry("List the traces of a session in their order.", "embedded"),
    "search": Entry("Find words in names, inputs, outputs and attributes.", "embedded"),
    "open": Entry("Open one trace as a page in the browser.", "embedded"),
    "stats": Entry("Count, time and price many spans, by model, tool, user, ...", "embedded"),
    "tail": Entry("Follow spans as they arrive.", "embedded"),
    "export": Entry("Write spans to a file: JSON lines, Arrow or Parquet.", "embedded"),
    "sql": Entry("Ask in SQL over spans and traces.", "embedded"),
    "reindex": Entry("Read stored spans again, by new conventions and prices.", "embedded"),
    "delete": Entry("Delete traces: by id, by what they are, by age, or all.", "embedded"),
    "deletions": Entry("List deletions, or show the receipt of one.", "embedded"),
    "agents": Entry("Run Scout, Sentinel, Amplifier, Radar; review drafts.", "agents"),
    "dlq": Entry("List, show and replay what could not be stored.", "server,kafka"),
    "keys": Entry("Make, list and revoke API keys.", "server"),
    "login": Entry("Save a server and its key for all commands."),
    "logout": Entry("Forget the saved server and key."),
    "doctor": Entry("Check this installation and say what to mend.", "cli"),
    "completion": Entry("Print what makes the shell complete `prela` commands.", "cli"),
}
"""The subcommand `name` is the attribute `name` of the module `prela_cli.name`, unless it has
another name."""

_CLOSE = 0.7
"""How alike a name must be to be the one that was meant; 1 is the same."""

_OUTPUT_ERRORS = frozenset({errno.EPIPE, errno.ENOSPC, errno.EIO, errno.EFBIG, errno.EDQUOT})


class LazyGroup(click.Group):
    """A group that knows its subcommands' names and summaries without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click asks
        """Give the names in the order of the table."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,
        cmd_name: str,
    ) -> click.Command | None:
        """Import the subcommand; a `Failure` says which extra is missing, if one is."""
        if cmd_name not in COMMANDS:
            near = get_close_matches(cmd_name.lower(), COMMANDS, 1, _CLOSE)
            if near and not ctx.resilient_parsing and not cmd_name.startswith("-"):
                ctx.fail(f"No such command {cmd_name!r}; did you mean {near[0]}?")
            return None
        name = COMMANDS[cmd_name].same_as or cmd_name
        module_name = f"prela_cli.{name}"
        try:
            command = getattr(import_module(module_name), name)
        except ModuleNotFoundError as error:
            if error.name == module_name:
                raise Failure(f"`prela {cmd_name}` is not part of this installation") from error
            raise failure_of(error, cmd_name, COMMANDS[cmd_name].extras) from error
        assert isinstance(command, click.Command)  # noqa: S101 - a slip of ours, not of users
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - as click asks
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the table; click's own way would import every subcommand."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Complete a subcommand's name from the table."""
        items = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return items + click.Command.shell_complete(self, ctx, incomplete)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line, of whatever subcommand; all of it must be text."""
        if not ctx.resilient_parsing:
            for word in args:
                _check_text(word)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand; whatever goes wrong becomes one sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception as error:
            if _is_of_output(error):
                raise  # click ends quietly when nobody reads on; `__main__` says the others
            command = ctx.invoked_subcommand or ""
            extras = COMMANDS[command].extras if command in COMMANDS else ""
            raise failure_of(error, command, extras) from error


def _check_text(word: str) -> None:
    try:
        word.encode()
    except UnicodeEncodeError:
        shown = word.encode(errors="backslashreplace").decode().replace("\\udc", "\\x")
        raise WrongRequestFailure(
            f"{shown} is no UTF-8: write text in UTF-8, and give a file or directory that has "
            "such a name another one"
        ) from None


def _is_of_output(error: Exception) -> bool:
    """Say whether standard output failed: unlike a file, it has no name in the error."""
    return isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_ERRORS


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Exit codes: 0 done, 1 a fault or something that can't be reached, "
        "2 a wrong command line, setting or request, 3 no such trace, span or key."
    ),
)
@click.version_option(__version__, "-V", "--version", prog_name="prela")
@click.option("--no-pager", is_flag=True, help="Print long output as it is.")
@click.pass_context
def prela(ctx: click.Context, *, no_pager: bool) -> None:
    """See what your AI agents did: every model call, tool, retrieval, error and cost.

    On a terminal, output that is longer than it goes through $PAGER, or else `less`.

    \b
    Example:
      prela serve
      prela query --since 1h --status error
      prela show --latest
    """
    ctx.meta[NO_PAGER] = no_pager
