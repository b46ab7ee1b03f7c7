"""Settings: defaults, then a TOML file, then the environment and secret files.

What is tuned at run time lives in the database (see `daemon.rules`) and outranks all of these.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from typing_extensions import override

from daemon import paths
from daemon.domain import Dimension, Metric
from daemon.errors import ConfigError

Secret = Annotated[SecretStr | None, Field(default=None)]
SensitivityName = Literal["conservative", "normal", "aggressive"]


class Watch(BaseModel):
    """One family of series that detectors watch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    metric: Metric
    dimensions: tuple[Dimension, ...]
    detector: str = "spend"
    min_impact: float = Field(default=0.0, ge=0, description="Smallest excess worth telling, in the metric's unit.")


REVENIUM = "https://api.revenium.ai"

# The vendor's pairs of management and analytics hosts; anybody else's platform answers both under one name.
_APPS = {REVENIUM: "https://app.revenium.ai", "https://api.dev.hcapp.io": "https://ai.dev.hcapp.io"}

DEFAULT_WATCHES = (
    Watch(metric=Metric.COST, dimensions=tuple(Dimension), detector="spend", min_impact=5.0),
    Watch(metric=Metric.ERROR_RATE, dimensions=(Dimension.TOTAL, Dimension.PROVIDER), detector="level", min_impact=0.1),
)


class Settings(BaseSettings):
    """Everything that can be set before the daemon starts."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)

    # The Revenium account. With a key, everything else is discovered; without one the embedded platform runs.
    revenium_api_key: Secret
    revenium_team_id: str | None = None
    revenium_tenant_id: str | None = None
    revenium_owner_id: str | None = None
    revenium_default_email: str | None = None
    revenium_base_url: str = REVENIUM
    revenium_app_base_url: str | None = None
    requests_per_minute: float = Field(default=1000.0, gt=0, le=60_000, description="at most, to each host")
    request_timeout: float = Field(default=30.0, gt=0, le=600, description="seconds")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    tool_profile: Literal["starter", "business"] = "business"

    # The daemon itself.
    data_dir: Path = Field(default_factory=paths.data_dir)
    poll_seconds: float | None = Field(
        default=None, ge=1, le=3600, description="seconds; 60, or 5 on the embedded platform"
    )
    backfill_days: int = Field(default=60, ge=1, le=365, description="days of history read at the first start")
    timezone: str = "UTC"
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=8787, ge=0, le=65535)
    http_token: Secret

    # Channels. Without any, messages go to the console and to an inbox in the data directory.
    slack_token: Secret
    slack_channel: str | None = None
    slack_webhook_url: Secret
    slack_base_url: str | None = None
    smtp_url: Secret
    email_from: str | None = None
    email_to: tuple[str, ...] = ()

    # Detection.
    sensitivity: SensitivityName = "normal"
    watch: tuple[Watch, ...] = DEFAULT_WATCHES

    @override
    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order the sources, strongest first."""
        sources: list[PydanticBaseSettingsSource] = [init_settings, EnvironmentSource(settings_cls)]
        if config := os.environ.get("MONITOR_CONFIG"):
            sources.append(TomlConfigSettingsSource(settings_cls, toml_file=Path(config)))
        return tuple(sources)

    @field_validator("revenium_api_key", "http_token", "slack_token", "slack_webhook_url", "smtp_url")
    @classmethod
    def _one_word(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[!-~]+", value.get_secret_value()):
            raise ValueError("must be visible ASCII characters without a space, and not empty; copy it again")
        return value

    @field_validator("email_to", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("log_level", "tool_profile", "sensitivity", mode="before")
    @classmethod
    def _ignore_case(cls, value: object, info: Any) -> object:
        if not isinstance(value, str):
            return value
        return value.upper() if info.field_name == "log_level" else value.lower()

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        zones = available_timezones()
        if value not in zones:
            near = difflib.get_close_matches(value, zones, 1)
            raise ValueError(
                "not an IANA time zone" + (f"; did you mean {near[0]!r}?" if near else ", such as 'Europe/Berlin'")
            )
        return value

    @field_validator("revenium_base_url", "revenium_app_base_url", "slack_base_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if value is not None and "@" in value:
            raise ValueError("must not hold a user or password, since addresses are logged")
        return value.rstrip("/") if value else value

    @model_validator(mode="after")
    def _complete_channels(self) -> Settings:
        if self.slack_token and not self.slack_channel:
            raise ValueError("MONITOR_SLACK_TOKEN needs MONITOR_SLACK_CHANNEL, the channel to post to")
        if self.smtp_url and not (self.email_from and self.email_to):
            raise ValueError("MONITOR_SMTP_URL needs MONITOR_EMAIL_FROM and MONITOR_EMAIL_TO")
        if self.http_host not in LOOPBACK and not self.http_token:
            raise ValueError(
                f"MONITOR_HTTP_HOST={self.http_host} is reachable from outside and needs MONITOR_HTTP_TOKEN"
            )
        return self

    @property
    def embedded(self) -> bool:
        """Whether no account is configured, so that the embedded platform is used."""
        return self.revenium_api_key is None

    @property
    def app_url(self) -> str:
        """Where the newer analytics are; the key goes to nobody but whom the base URL names, unless told so."""
        return self.revenium_app_base_url or _APPS.get(self.revenium_base_url, self.revenium_base_url)

    @property
    def poll_interval(self) -> float:
        """Seconds between polls."""
        return self.poll_seconds or (5.0 if self.embedded else 60.0)

    @property
    def zone(self) -> ZoneInfo:
        """The owner's time zone."""
        return ZoneInfo(self.timezone)


LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

PLAIN_NAMES = frozenset({"request_timeout", "log_level", "tool_profile"})
"""Fields whose variables carry no prefix, because existing configurations name them so."""


def variable(field: str) -> str:
    """Return the environment variable of a field."""
    plain = field in PLAIN_NAMES or field.startswith("revenium_")
    return field.upper() if plain else f"MONITOR_{field.upper()}"


OTHER_VARIABLES = frozenset({"MONITOR_CONFIG", "MONITOR_FAILPOINT"})
"""Variables of ours that are no settings."""


def ignored_variables() -> list[str]:
    """Say which MONITOR_ variables nobody reads; a misspelt one would otherwise have no effect and no word."""
    secrets = (variable(name) for name, field in Settings.model_fields.items() if _is_secret(field))
    known = {variable(name) for name in Settings.model_fields} | {f"{name}_FILE" for name in secrets} | OTHER_VARIABLES
    unknown = sorted(name for name in os.environ if name.startswith("MONITOR_") and name not in known)
    nearest = {name: difflib.get_close_matches(name, known, 1) for name in unknown}
    return [f"{name} is ignored" + (f"; did you mean {near[0]}?" if near else "") for name, near in nearest.items()]


class EnvironmentSource(PydanticBaseSettingsSource):
    """Reads variables, and for secrets also ``*_FILE`` and systemd credentials."""

    @override
    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return value, name and whether it is complex, as the base class asks."""
        name = variable(field_name)
        value = os.environ.get(name, "").strip() or None
        if _is_secret(field):
            value = _secret(name, value)
        return value, field_name, False

    @override
    def __call__(self) -> dict[str, Any]:
        """Collect what is set."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        found.pop("watch", None)
        return {name: value for name, value in found.items() if value is not None}


def _is_secret(field: FieldInfo) -> bool:
    return "SecretStr" in str(field.annotation)


def _secret(name: str, value: str | None) -> str | None:
    path = os.environ.get(f"{name}_FILE")
    if value and path:
        raise ConfigError(f"{name} and {name}_FILE are both set; keep one of them")
    if value:
        return value
    if path:
        return _read_secret(f"{name}_FILE", Path(path))
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    credential = Path(directory) / name.lower() if directory else None
    return _read_secret(f"credential {name.lower()}", credential) if credential and credential.exists() else None


def _read_secret(label: str, path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{label} = {path}: cannot be read ({type(error).__name__}); give a readable text file"
        ) from error
    if not text:
        raise ConfigError(f"{label} = {path}: the file is empty; put the secret into it")
    return text


def load(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read and validate all settings.

    Args:
        overrides: Values from the command line, strongest of all.

    Raises:
        ConfigError: Something is wrong; the text names each key, its value and what is allowed.
    """
    config = os.environ.get("MONITOR_CONFIG")
    if config and not Path(config).is_file():
        raise ConfigError(f"MONITOR_CONFIG = {config}: no such file; create it or unset the variable")
    try:
        return Settings(**(dict(overrides or {})))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{config}: not valid TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"MONITOR_CONFIG = {config}: cannot be read ({error}); give a UTF-8 text file") from error
    except ValidationError as error:
        where = f"{config}: " if config else ""
        raise ConfigError(where + "; ".join(_explain(item) for item in error.errors(include_url=False))) from error


def _explain(item: Mapping[str, Any]) -> str:
    path = [str(part) for part in item["loc"]]
    if not path:
        return str(item["msg"]).removeprefix("Value error, ")
    field = Settings.model_fields.get(path[0])
    key = ".".join(path)
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(path[-1], [*Settings.model_fields, *Watch.model_fields], 1)
        return f"unknown setting {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    value = item.get("input")
    credentials = isinstance(value, str) and "://" in value and "@" in value
    shown = "(secret)" if credentials or (field is not None and _is_secret(field)) else repr(value)
    name = key if path[0] == "watch" else f"{key} ({variable(path[0])})"
    return f"{name} = {shown}: {str(item['msg']).removeprefix('Value error, ')}"
