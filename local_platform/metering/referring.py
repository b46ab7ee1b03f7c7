"""Finds what a metered body refers to, or refuses the body."""

from __future__ import annotations

from aiohttp import web

from local_platform.http.access import session_of, team_of
from local_platform.metering.failures import refuse
from local_platform.metering.names import Referred
from local_platform.metering.naming import Named
from local_platform.services import services


async def referred_to(request: web.Request, body: object, named: Named) -> Referred:
    """Return what the names in a body refer to.

    Raises:
        ApiError: The tenant is strict, and one of the names is not registered.
    """
    parts = services(request)
    referred = parts.names.known(team_of(request), named)
    if referred is None:
        referred = (await parts.names.refer(parts.database, session_of(request), [named]))[named]
    if referred.failures:
        raise await refuse(request, body, referred.failures)
    return referred
