"""Settings: who outranks whom, where secrets may lie, and errors that name key, value and what is allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from daemon import paths
from daemon.domain import Dimension, Metric
from daemon.errors import ConfigError
from daemon.settings import Settings, ignored_variables, load, variable

SECRET = "hunter2-xyzzy"

SECRETS = {
    "revenium_api_key": "REVENIUM_API_KEY",
    "http_token": "MONITOR_HTTP_TOKEN",
    "slack_token": "MONITOR_SLACK_TOKEN",
    "slack_webhook_url": "MONITOR_SLACK_WEBHOOK_URL",
    "smtp_url": "MONITOR_SMTP_URL",
}

COMPANIONS = {"slack_channel": "#alerts", "email_from": "a@example.com", "email_to": "b@example.com"}
"""What some secrets are useless without."""

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = {variable(field) for field in Settings.model_fields} | {"MONITOR_CONFIG", "CREDENTIALS_DIRECTORY"}
    for name in os.environ:
        if name in ours or name.startswith(("MONITOR_", "REVENIUM_")):
            monkeypatch.delenv(name)


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a settings file and point to it."""

    def write(text: str) -> Path:
        path = tmp_path / "monitor.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("MONITOR_CONFIG", str(path))
        return path

    return write


def shown(settings: Settings, field: str) -> str:
    value = getattr(settings, field)
    assert isinstance(value, SecretStr)
    return value.get_secret_value()


# -- where values come from


def test_without_anything_set_the_embedded_platform_is_watched_on_loopback() -> None:
    settings = load()
    assert settings.embedded
    assert settings.poll_interval == 5.0
    assert (settings.http_host, settings.http_port) == ("127.0.0.1", 8787)
    assert settings.revenium_base_url == "https://api.revenium.ai"


def test_with_a_key_the_account_is_polled_every_minute() -> None:
    settings = load({"revenium_api_key": SECRET})
    assert not settings.embedded
    assert settings.poll_interval == 60.0
    assert load({"revenium_api_key": SECRET, "poll_seconds": 7}).poll_interval == 7.0


def test_arguments_outrank_the_environment_and_that_the_file(toml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    toml("http_port = 1\nbackfill_days = 1\ntimezone = 'Asia/Tokyo'\n")
    monkeypatch.setenv("MONITOR_HTTP_PORT", "2")
    monkeypatch.setenv("MONITOR_BACKFILL_DAYS", "2")
    settings = load({"http_port": 3})
    assert (settings.http_port, settings.backfill_days, settings.timezone) == (3, 2, "Asia/Tokyo")


def test_an_empty_variable_is_not_set(toml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    toml("http_port = 1\n")
    monkeypatch.setenv("MONITOR_HTTP_PORT", " ")
    monkeypatch.setenv("REVENIUM_API_KEY", "")
    settings = load()
    assert settings.http_port == 1
    assert settings.embedded


@pytest.mark.parametrize(
    ("field", "name"),
    [("revenium_team_id", "REVENIUM_TEAM_ID"), ("log_level", "LOG_LEVEL"), ("request_timeout", "REQUEST_TIMEOUT"),
     ("tool_profile", "TOOL_PROFILE"), ("http_port", "MONITOR_HTTP_PORT"), ("data_dir", "MONITOR_DATA_DIR")],
)  # fmt: skip
def test_variables_carry_our_prefix_except_those_that_existing_configurations_use(field: str, name: str) -> None:
    assert variable(field) == name


def test_words_are_understood_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("MONITOR_SENSITIVITY", "Aggressive")
    monkeypatch.setenv("TOOL_PROFILE", "STARTER")
    settings = load()
    assert (settings.log_level, settings.sensitivity, settings.tool_profile) == ("DEBUG", "aggressive", "starter")


def test_addresses_are_split_at_commas_or_listed_in_the_file(toml: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    toml("email_to = ['c@x.org']\n")
    assert load().email_to == ("c@x.org",)
    monkeypatch.setenv("MONITOR_EMAIL_TO", "a@x.org, b@x.org,")
    assert load().email_to == ("a@x.org", "b@x.org")


def test_watches_come_from_the_file(toml: Write) -> None:
    toml('[[watch]]\nmetric = "tokens"\ndimensions = ["agent"]\nmin_impact = 1000\n')
    (watch,) = load().watch
    assert (watch.metric, watch.dimensions, watch.min_impact) == (Metric.TOKENS, (Dimension.AGENT,), 1000)


def test_a_base_url_loses_its_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVENIUM_BASE_URL", "http://127.0.0.1:9000/")
    assert load().revenium_base_url == "http://127.0.0.1:9000"


def test_the_time_zone_is_ready_for_use() -> None:
    assert load({"timezone": "Europe/Berlin"}).zone.key == "Europe/Berlin"


# -- where secrets may lie


@pytest.fixture(params=list(SECRETS.items()), ids=list(SECRETS))
def secret(request: pytest.FixtureRequest) -> tuple[str, str]:
    """Field and variable of one secret."""
    pair: tuple[str, str] = request.param
    return pair


def test_a_secret_is_read_from_its_variable(secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    field, name = secret
    monkeypatch.setenv(name, f"{SECRET}\n")
    assert shown(load(COMPANIONS), field) == SECRET


def test_a_secret_is_read_from_the_file_that_its_twin_names(
    secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    field, name = secret
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    assert shown(load(COMPANIONS), field) == SECRET


def test_a_secret_is_read_from_systemds_credential(
    secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    field, name = secret
    (tmp_path / name.lower()).write_text(SECRET)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert shown(load(COMPANIONS), field) == SECRET


def test_a_secret_set_twice_is_an_error(
    secret: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, name = secret
    monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    with pytest.raises(ConfigError, match=f"{name} and {name}_FILE are both set; keep one"):
        load(COMPANIONS)


def test_a_credential_that_is_not_there_is_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert load().revenium_api_key is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read (FileNotFoundError)"), (b"\n", "the file is empty"), (b"\xff\xfe", "cannot be read (Unicode")],
)  # fmt: skip
def test_a_secret_file_that_holds_none_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv("REVENIUM_API_KEY_FILE", str(path))
    with pytest.raises(ConfigError, match=re.escape(f"REVENIUM_API_KEY_FILE = {path}: {problem}")):
        load()


@pytest.mark.parametrize("bad", ["", "two words", "line\nbreak", "key\0", "kéy", 5, ["x"], {"x": "y"}])
def test_a_secret_that_cannot_be_one_is_refused_and_not_shown(secret: tuple[str, str], bad: Any) -> None:
    field, name = secret
    with pytest.raises(ConfigError, match=rf"{field} \({name}\) = \(secret\): ") as caught:
        load({**COMPANIONS, field: bad})
    assert not bad or str(bad) not in f"{caught.value} {caught.value.__cause__}"


def test_secrets_are_never_shown(secret: tuple[str, str]) -> None:
    field, _ = secret
    settings = load({**COMPANIONS, field: SECRET})
    for text in (repr(settings), str(settings), repr(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in text


def test_an_error_elsewhere_does_not_show_a_secret_not_even_in_its_cause(secret: tuple[str, str]) -> None:
    field, _ = secret
    for other in ({"http_host": "0.0.0.0"}, {"http_port": "x"}, {"slack_token": "t", "slack_channel": None}):  # noqa: S104 - refused
        given = {field: SECRET, **COMPANIONS, **other}
        if field == "http_token" and "http_host" in other:
            continue
        with pytest.raises(ConfigError) as caught:
            load(given)
        assert SECRET not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__!s}{caught.value.__cause__!r}"


@pytest.mark.parametrize("field", ["revenium_base_url", "revenium_app_base_url", "slack_base_url"])
def test_a_password_in_an_address_is_refused_and_not_shown(field: str) -> None:
    with pytest.raises(ConfigError, match=r"= \(secret\): must not hold a user or password") as caught:
        load({field: f"https://ann:{SECRET}@example.com"})
    assert SECRET not in str(caught.value)


# -- bad values

BAD = [
    ("request_timeout", "0", "greater than 0"),
    ("request_timeout", "601", "less than or equal to 600"),
    ("request_timeout", "nan", "600"),
    ("request_timeout", "soon", "valid number"),
    ("log_level", "LOUD", "'DEBUG', 'INFO', 'WARNING' or 'ERROR'"),
    ("tool_profile", "huge", "'starter' or 'business'"),
    ("poll_seconds", "0.5", "greater than or equal to 1"),
    ("poll_seconds", "3601", "less than or equal to 3600"),
    ("backfill_days", "0", "greater than or equal to 1"),
    ("backfill_days", "366", "less than or equal to 365"),
    ("backfill_days", "1.5", "valid integer"),
    ("timezone", "Europe/Berln", "did you mean 'Europe/Berlin'?"),
    ("timezone", "xyz", "such as 'Europe/Berlin'"),
    ("timezone", "../etc/passwd", "not an IANA time zone"),
    ("http_port", "65536", "less than or equal to 65535"),
    ("http_port", "-1", "greater than or equal to 0"),
    ("http_port", "http", "valid integer"),
    ("revenium_base_url", "api.revenium.ai", "must start with http:// or https://"),
    ("revenium_app_base_url", "ftp://x", "must start with http:// or https://"),
    ("slack_base_url", "x", "must start with http:// or https://"),
    ("sensitivity", "wild", "'conservative', 'normal' or 'aggressive'"),
]


@pytest.mark.parametrize(("field", "value", "allowed"), BAD)
def test_a_bad_value_is_an_error_that_names_key_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(variable(field), value)
    with pytest.raises(ConfigError) as caught:
        load()
    text = str(caught.value)
    assert field in text
    assert variable(field) in text
    assert value.lower() in text.lower()
    assert allowed in text


@pytest.mark.parametrize(
    ("given", "need"),
    [
        ({"slack_token": SECRET}, "MONITOR_SLACK_TOKEN needs MONITOR_SLACK_CHANNEL"),
        ({"smtp_url": "smtp://x"}, "MONITOR_SMTP_URL needs MONITOR_EMAIL_FROM and MONITOR_EMAIL_TO"),
        ({"smtp_url": "smtp://x", "email_from": "a@x.org"}, "MONITOR_EMAIL_TO"),
        ({"http_host": "0.0.0.0"}, "MONITOR_HTTP_HOST=0.0.0.0 is reachable from outside and needs MONITOR_HTTP_TOKEN"),  # noqa: S104 - refused
        ({"http_host": "::"}, "needs MONITOR_HTTP_TOKEN"),
        ({"http_host": "monitor.example.com"}, "needs MONITOR_HTTP_TOKEN"),
    ],
)
def test_settings_that_need_each_other_say_so(given: dict[str, str], need: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(need)):
        load(given)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert load({"http_host": host}).http_token is None


def test_every_bad_value_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"http_port.*; .*sensitivity"):
        load({"http_port": "x", "sensitivity": "wild"})


# -- the file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("htpp_port = 1", "unknown setting 'htpp_port'; did you mean 'http_port'?"),
        ("xyzzy = 1", "unknown setting 'xyzzy'"),
        ('[[watch]]\nmetrik = "cost"', "unknown setting 'watch.0.metrik'; did you mean 'metric'?"),
        ('[[watch]]\nmetric = "price"\ndimensions = []', "watch.0.metric = 'price': Input should be 'cost'"),
        ('[[watch]]\nmetric = "cost"\ndimensions = ["galaxy"]', "watch.0.dimensions.0 = 'galaxy'"),
        ('[[watch]]\nmetric = "cost"\ndimensions = []\nmin_impact = -1', "watch.0.min_impact = -1"),
        ("http_port = 'x'", "http_port (MONITOR_HTTP_PORT) = 'x'"),
        ("http_port = 1\nhttp_host = \n", "not valid TOML: Invalid value (at line 2"),
    ],
)
def test_what_is_wrong_in_the_file_is_named_with_the_file(toml: Write, text: str, said: str) -> None:
    path = toml(text)
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        load()
    assert str(path) in str(caught.value)


def test_a_settings_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for missing in (tmp_path / "missing.toml", tmp_path):
        monkeypatch.setenv("MONITOR_CONFIG", str(missing))
        with pytest.raises(ConfigError, match=re.escape(f"MONITOR_CONFIG = {missing}: no such file; create it")):
            load()


def test_a_settings_file_that_is_not_text_is_an_error(toml: Write) -> None:
    toml("").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"MONITOR_CONFIG = .*: cannot be read .*UTF-8"):
        load()


# -- where state lives


@pytest.mark.parametrize(
    ("environment", "directory"),
    [
        ({"MONITOR_DATA_DIR": "/a", "STATE_DIRECTORY": "/b", "XDG_STATE_HOME": "/c"}, "/a"),
        ({"STATE_DIRECTORY": "/b:/other", "XDG_STATE_HOME": "/c"}, "/b"),
        ({"XDG_STATE_HOME": "/c"}, "/c/revenium-monitor"),
        ({"HOME": "/home/ann"}, "/home/ann/.local/state/revenium-monitor"),
    ],
)
def test_state_lives_where_the_nearest_setting_says(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], directory: str
) -> None:
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert paths.data_dir() == Path(directory)
    assert load().data_dir == Path(directory)


def test_a_misspelt_variable_is_named_with_its_nearest_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_POL_SECONDS", "30")
    monkeypatch.setenv("MONITOR_POLL_SECONDS", "30")
    monkeypatch.setenv("MONITOR_SLACK_TOKEN_FILE", "/run/token")
    monkeypatch.setenv("MONITOR_CONFIG", "/etc/monitor.toml")
    assert ignored_variables() == ["MONITOR_POL_SECONDS is ignored; did you mean MONITOR_POLL_SECONDS?"]


@pytest.mark.parametrize(
    ("base", "app", "expected"),
    [
        ("https://api.revenium.ai/", None, "https://app.revenium.ai"),
        ("https://api.dev.hcapp.io", None, "https://ai.dev.hcapp.io"),
        ("http://127.0.0.1:8971", None, "http://127.0.0.1:8971"),
        ("http://127.0.0.1:8971", "https://analytics.example", "https://analytics.example"),
    ],
)
def test_the_key_goes_to_no_host_that_the_base_url_does_not_stand_for(
    base: str, app: str | None, expected: str
) -> None:
    assert Settings(revenium_base_url=base, revenium_app_base_url=app).app_url == expected
