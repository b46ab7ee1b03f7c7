"""Which channels the settings ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from daemon import paths
from daemon.errors import ConfigError
from daemon.settings import Settings
from notifiers.base import Notifier
from notifiers.console import ConsoleNotifier
from notifiers.inbox import InboxNotifier

INBOX_SENDER = "revenium-monitor@localhost"
INBOX_RECIPIENT = "you@localhost"


def build(settings: Settings, console: TextIO) -> list[Notifier]:
    """Return a notifier per configured channel; without any, the console and the local inbox.

    Raises:
        ConfigError: A channel cannot be made of its settings.
    """
    channels: list[Notifier] = [*_slack(settings), *_email(settings)]
    if channels:
        return channels
    inbox = InboxNotifier(
        paths.inbox_path(settings.data_dir),
        sender=settings.email_from or INBOX_SENDER,
        recipients=settings.email_to or (INBOX_RECIPIENT,),
    )
    return [ConsoleNotifier(console), inbox]


def _slack(settings: Settings) -> list[Notifier]:
    from notifiers.slack import SlackBotNotifier, SlackWebhookNotifier  # slow to import and not always wanted

    if settings.slack_token and settings.slack_channel:
        token = settings.slack_token.get_secret_value()
        with _blaming("MONITOR_SLACK_BASE_URL"):
            return [SlackBotNotifier(token, settings.slack_channel, base_url=settings.slack_base_url)]
    if settings.slack_webhook_url:
        with _blaming("MONITOR_SLACK_WEBHOOK_URL"):
            return [SlackWebhookNotifier(settings.slack_webhook_url.get_secret_value())]
    return []


def _email(settings: Settings) -> list[Notifier]:
    if not (settings.smtp_url and settings.email_from):
        return []
    from notifiers.email import EmailNotifier  # the same

    with _blaming("MONITOR_SMTP_URL"):
        return [EmailNotifier(settings.smtp_url.get_secret_value(), settings.email_from, settings.email_to)]


@contextmanager
def _blaming(variable: str) -> Iterator[None]:
    """Name the setting that a channel refuses; its value may be a secret, so that it is not shown."""
    try:
        yield
    except ValueError as error:
        raise ConfigError(f"{variable}: {error}") from error
