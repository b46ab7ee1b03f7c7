"""Everything the daemon raises on purpose. The class says how to react; the text says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes, from sysexits where one fits."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNAVAILABLE = 69
    CANNOT_CREATE = 73
    ALREADY_RUNNING = 75
    BAD_CONFIG = 78


class MonitorError(Exception):
    """Root of our own errors."""

    exit_code = Exit.FAILED


class ConfigError(MonitorError):
    """A setting is wrong; the text names key, value and what is allowed."""

    exit_code = Exit.BAD_CONFIG


class DataDirectoryError(MonitorError):
    """The data directory cannot be used."""

    exit_code = Exit.CANNOT_CREATE


class AlreadyRunningError(MonitorError):
    """Another daemon holds the data directory."""

    exit_code = Exit.ALREADY_RUNNING


class AddressInUseError(MonitorError):
    """The HTTP port is taken."""

    exit_code = Exit.UNAVAILABLE


class StorageError(MonitorError):
    """The database refused: disk full, locked, read-only or damaged. Nothing of the call was kept."""

    exit_code = Exit.CANNOT_CREATE


class FencedError(StorageError):
    """Somebody else moved the partition on; what was computed here is stale and must be redone."""


class UnknownNameError(MonitorError):
    """A caller named something that does not exist; the text lists what does."""


class PlatformError(MonitorError):
    """Talking to the platform failed. Subclasses say how to react."""

    exit_code = Exit.UNAVAILABLE
    kind = "platform"


class AuthError(PlatformError):
    """The key was refused: stop asking often, tell the owner."""

    kind = "auth"
    exit_code = Exit.BAD_CONFIG


class NotFoundError(PlatformError):
    """The thing asked for is not there."""

    kind = "not_found"


class ConflictError(PlatformError):
    """The thing exists already, or somebody else changed it meanwhile: read it again, then decide."""

    kind = "conflict"


class ValidationFailedError(PlatformError):
    """The platform understood the request and refuses what is in it: mend the named fields."""

    kind = "validation"

    def __init__(self, message: str, *, fields: Mapping[str, str]) -> None:
        super().__init__(message)
        self.fields = fields


class TransientError(PlatformError):
    """Unreachable, slow or failing inside: try again later."""

    kind = "transient"


class RateLimitedError(TransientError):
    """The platform asked us to wait."""

    kind = "rate_limited"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ContractError(PlatformError):
    """The answer is not what the platform's contract says: HTML, truncated JSON, wrong types."""

    kind = "contract"
