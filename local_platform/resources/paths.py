"""Every path of resources beside the verbs of their kinds."""

from __future__ import annotations

from aiohttp import web

from local_platform.resources import absent, departments, discovery, lookups, team_settings


def add_routes(router: web.UrlDispatcher, prefix: str) -> None:
    """Mount them all."""
    for family in (lookups, discovery, team_settings, departments, absent):
        family.add_routes(router, prefix)
