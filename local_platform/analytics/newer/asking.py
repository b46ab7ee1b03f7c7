"""What a request to the newer analytics asks for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from local_platform import ids
from local_platform.analytics.aggregates import AGGREGATES
from local_platform.analytics.newer.problems import InvalidQueryError
from local_platform.analytics.periods import Bucket, explicit
from local_platform.http.access import caller_of
from local_platform.http.errors import ApiError
from local_platform.services import services
from local_platform.session import Session
from local_platform.wire import parse_moment

if TYPE_CHECKING:
    from multidict import MultiMapping

_DEFAULT_SPAN = timedelta(days=30)
_DEFAULT_SIZE = 20
_LARGEST_SIZE = 100
_LARGEST_PAGE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the newer analytics.

    Attributes:
        name: The report's path below `/api/v2/analytics/`.
        url: The address without its query.
        buckets: The window, cut.
        query: The parameters, for what only some reports read.
    """

    name: str
    url: str
    tenant: int
    team: int
    user: int
    now: datetime
    buckets: list[Bucket]
    page: int
    size: int
    query: MultiMapping[str]

    @property
    def window(self) -> Bucket:
        """The window as a whole."""
        return Bucket(self.buckets[0].start, self.buckets[-1].end)

    def session(self, connection: sqlite3.Connection) -> Session:
        """Return the work on behalf of the caller."""
        return Session(connection, self.tenant, self.team, self.user, self.now)

    def choice(self, name: str, options: Sequence[str], default: str) -> str:
        """Read a parameter with few values, in whatever case.

        Raises:
            InvalidQueryError: It has another one.
        """
        text = self.query.get(name) or default
        for option in options:
            if option.lower() == text.lower():
                return option
        raise InvalidQueryError(name, f"must be one of {', '.join(options)}", text, options)

    def aggregate(self, default: str) -> str:
        """Read which aggregate is asked for."""
        return self.choice("metricType", AGGREGATES, default)

    def words(self, name: str) -> frozenset[str]:
        """Read a list that is sent repeated or separated by commas; what is sent twice counts once."""
        texts = self.query.getall(name, [])
        return frozenset(word for text in texts for word in (text, *text.split(",")) if word)


def asked(request: web.Request, name: str) -> Asked:
    """Read the parameters that every report has.

    Raises:
        ApiError: The team is unreadable or another's.
        InvalidQueryError: Another parameter cannot be used.
    """
    caller = caller_of(request)
    query = request.query
    now = services(request).clock()
    return Asked(
        name=name,
        url=f"{request.url.origin()}{request.path}",
        tenant=caller.tenant,
        team=team_asked(request),
        user=caller.user,
        now=now,
        buckets=_buckets(query, now),
        page=_whole(query, "page", 0, 0, _LARGEST_PAGE),
        size=_whole(query, "size", _DEFAULT_SIZE, 1, _LARGEST_SIZE),
        query=query,
    )


def team_asked(request: web.Request) -> int:
    """Return the number of the team that a request names, or else of the caller's.

    Raises:
        ApiError: The team is unreadable or another's.
    """
    caller = caller_of(request)
    text = request.query.get("teamId")
    if not text:
        return caller.team
    team = ids.decode("team", text)
    if team is None:
        raise ApiError(HTTPStatus.BAD_REQUEST, "teamId is no id of a team", code="INVALID_TEAM_ID")
    if not services(request).keys.has_team(caller.tenant, team):
        raise ApiError(HTTPStatus.FORBIDDEN, "You are no member of this team", code="TEAM_NOT_IN_MEMBERSHIP")
    return team


def moment(name: str, text: object) -> datetime:
    """Read a moment, or a date that means its midnight in UTC.

    Raises:
        InvalidQueryError: It is none.
    """
    try:
        return parse_moment(str(text) if "T" in str(text) else f"{text}T00:00Z")
    except (ValueError, OverflowError):
        raise InvalidQueryError(name, "must be a moment such as 2026-01-31T12:00:00.000Z", text) from None


def _buckets(query: MultiMapping[str], now: datetime) -> list[Bucket]:
    end = moment("endDate", query["endDate"]) if query.get("endDate") else now
    start = moment("startDate", query["startDate"]) if query.get("startDate") else end - _DEFAULT_SPAN
    try:
        return explicit(start, end)
    except (ValueError, OverflowError) as error:
        raise InvalidQueryError("endDate", str(error), query.get("endDate")) from None


def _whole(query: MultiMapping[str], name: str, default: int, least: int, most: int) -> int:
    text = query.get(name)
    if not text:
        return default
    if not text.lstrip("-").isdecimal() or not least <= int(text) <= most:
        raise InvalidQueryError(name, f"must be a whole number from {least} to {most}", text)
    return int(text)
