"""Which channels the settings ask for, and how they say that they cannot be made."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from daemon import channels
from daemon.errors import ConfigError
from daemon.settings import Settings
from notifiers.base import Notifier

Configured = Callable[..., Settings]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    def configured(**given: Any) -> Settings:
        return Settings(**{"data_dir": tmp_path, **given})

    return configured


def _built(settings: Settings) -> list[Notifier]:
    return channels.build(settings, io.StringIO())


BOT = {"slack_token": "xoxb-secret", "slack_channel": "#ai-spend"}
HOOK = {"slack_webhook_url": "https://hooks.slack.com/services/T0/B0/secret"}
MAIL = {
    "smtp_url": "smtps://me:secret@mail.example.org",
    "email_from": "me@example.org",
    "email_to": ("you@example.org",),
}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, ["console", "inbox"]),
        (BOT, ["slack"]),
        (HOOK, ["slack"]),
        (MAIL, ["email"]),
        (BOT | MAIL, ["slack", "email"]),
        ({"email_to": ("you@example.org",)}, ["console", "inbox"]),
    ],
    ids=["nothing", "bot", "webhook", "mail", "bot and mail", "an address alone"],
)
async def test_each_configured_channel_is_built_and_without_any_console_and_inbox(
    configured: Configured, given: dict[str, Any], names: list[str]
) -> None:
    built = _built(configured(**given))
    assert [notifier.name for notifier in built] == names
    for notifier in built:
        await notifier.aclose()


async def test_of_bot_and_webhook_the_bot_is_used(configured: Configured) -> None:
    (slack,) = _built(configured(**BOT, **HOOK))
    assert type(slack).__name__ == "SlackBotNotifier"
    await slack.aclose()


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({**BOT, "slack_base_url": "http://slack.example.org"}, "MONITOR_SLACK_BASE_URL"),
        ({"slack_webhook_url": "http://hooks.example.org/secret"}, "MONITOR_SLACK_WEBHOOK_URL"),
        ({"slack_webhook_url": "secret"}, "MONITOR_SLACK_WEBHOOK_URL"),
        ({**MAIL, "smtp_url": "imap://me:secret@mail.example.org"}, "MONITOR_SMTP_URL"),
        ({**MAIL, "smtp_url": "smtp+plain://mail.example.org"}, "MONITOR_SMTP_URL"),
    ],
    ids=["bot in clear", "webhook in clear", "no address", "not SMTP", "mail in clear"],
)
def test_a_channel_that_cannot_be_made_names_its_setting_and_no_secret(
    configured: Configured, given: dict[str, Any], variable: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _built(configured(**given))
    assert str(caught.value).startswith(f"{variable}: ")
    assert "secret" not in str(caught.value)
