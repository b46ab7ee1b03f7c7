"""The Revenium account that is configured: how to reach it, and what need not be asked of it."""

from __future__ import annotations

from daemon.client.identity import Told
from daemon.client.pacing import Limit
from daemon.client.transport import Transport
from daemon.clock import Clock
from daemon.errors import ConfigError
from daemon.settings import Settings


def transport_of(settings: Settings, clock: Clock | None = None) -> Transport:
    """Return the connection to the account.

    Raises:
        ConfigError: No API key is set.
    """
    if settings.revenium_api_key is None:
        raise ConfigError("no account is configured; set REVENIUM_API_KEY")
    return Transport(
        settings.revenium_base_url,
        settings.revenium_api_key.get_secret_value(),
        timeout=settings.request_timeout,
        app_url=settings.app_url,
        limit=Limit(per_minute=settings.requests_per_minute),
        clock=clock,
    )


def told_by(settings: Settings) -> Told:
    """Return the ids that are configured instead of being discovered."""
    return Told(
        team_id=settings.revenium_team_id,
        tenant_id=settings.revenium_tenant_id,
        owner_id=settings.revenium_owner_id,
        email=settings.revenium_default_email,
    )
