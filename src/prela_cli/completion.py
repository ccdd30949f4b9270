"""`prela completion`: print what makes a shell complete `prela` commands."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

__all__ = ["completion"]


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL: bash (4.4 or newer), zsh or fish.

    \b
    Example:
      echo 'eval "$(prela completion bash)"' >> ~/.bashrc
      echo 'eval "$(prela completion zsh)"' >> ~/.zshrc
      prela completion fish > ~/.config/fish/completions/prela.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click brings all three
    script = kind(ctx.find_root().command, {}, "prela", "_PRELA_COMPLETE")
    # Bash's own `source()` starts a bash to check its version, which tells nothing about the
    # shell that will read this.
    click.echo(ShellComplete.source(script))
