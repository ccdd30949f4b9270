"""`prela logout`: forget what `prela login` saved."""

from __future__ import annotations

import click

from prela_core.io.saved_login import forget, login_file

__all__ = ["logout"]


@click.command()
def logout() -> None:
    """Forget the server and the key that `prela login` saved.

    The key itself stays valid: `prela keys revoke` ends it.

    \b
    Example:
      prela logout
    """
    path = login_file()
    click.echo(f"Removed {path}" if forget() else "No login is saved.")
