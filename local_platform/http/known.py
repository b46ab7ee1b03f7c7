"""What is known of a request once it was looked at: its route, its key, its team."""

from __future__ import annotations

from aiohttp import web

from local_platform.accounts.keys import Key

KEY = web.RequestKey("key", Key)
"""The key that a request came with, once it is known."""

TEAM = web.RequestKey("team", int)
"""The number of the team that a request turned out to concern."""


def template_of(request: web.Request) -> str:
    """Return the path of the route that a request found, with its parameters' names; empty when it found none.

    What a client writes into a path never decides what it may do: the router has read it already.
    """
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical
