"""Settings of services that nothing here talks to yet: read and checked in form, and kept."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from prela_server.settings import bounds, readers
from prela_server.settings.secret import Secret
from prela_server.settings.variables import variable

__all__ = ["Clerk", "Smtp", "Stripe"]


def _key(name: str, about: str, *beginnings: str) -> Secret | None:
    secret: Secret | None = variable(
        name,
        read=readers.secret(*beginnings),
        about=about,
        secret=True,
        unused=True,
        default=None,
    )
    return secret


@attrs.frozen(kw_only=True)
class Clerk:
    """Clerk, which knows people who sign in."""

    secret_key: Secret | None = _key("CLERK_SECRET_KEY", "Clerk's key of the server", "sk_")
    publishable_key: str | None = variable(
        "CLERK_PUBLISHABLE_KEY",
        read=readers.beginning_with("pk_"),
        about="Clerk's key of pages",
        unused=True,
        default=None,
    )
    webhook_secret: Secret | None = _key(
        "CLERK_WEBHOOK_SECRET", "what Clerk signs its calls with", "whsec_"
    )


@attrs.frozen(kw_only=True)
class Stripe:
    """Stripe, which takes payments."""

    secret_key: Secret | None = _key("STRIPE_SECRET_KEY", "Stripe's key", "sk_", "rk_")
    webhook_secret: Secret | None = _key(
        "STRIPE_WEBHOOK_SECRET", "what Stripe signs its calls with", "whsec_"
    )


@attrs.frozen(kw_only=True)
class Smtp:
    """A server that takes mail."""

    host: str | None = variable(
        "SMTP_HOST",
        read=readers.host("; SMTP_PORT says the rest"),
        about="the server that takes mail",
        unused=True,
        default=None,
    )
    port: int = variable(
        "SMTP_PORT",
        read=readers.whole_number,
        about="its port",
        unused=True,
        default=587,
        validator=bounds.port,
    )
    username: str | None = variable(
        "SMTP_USERNAME", "SMTP_USER", read=str, about="its user", unused=True, default=None
    )
    password: Secret | None = _key("SMTP_PASSWORD", "the user's password")
    sender: str | None = variable(
        "SMTP_FROM",
        read=readers.mail_address,
        about="whom mail comes from",
        unused=True,
        default=None,
    )

    def mistakes(self) -> Iterator[str]:
        """Give a sentence for everything that does not fit together."""
        if self.host is None and self.password is not None:
            yield "SMTP_PASSWORD is set, but SMTP_HOST is not"
        if self.port == 0:
            yield "SMTP_PORT=0: a port to connect to is between 1 and 65535"
