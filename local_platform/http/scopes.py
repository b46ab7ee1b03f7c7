"""What a key of each scope may do, by the route that a request found."""

from __future__ import annotations

from functools import lru_cache

from local_platform.accounts.keys import Scope

_READING = frozenset({"GET", "HEAD", "OPTIONS"})


# There are a few hundred routes; bounded all the same.
@lru_cache(maxsize=4096)
def covering(template: str, method: str) -> frozenset[Scope]:
    """Return the scopes that cover a route, by its path with the parameters' names; the path is empty when there is none."""
    if template.startswith("/local/v1/keys"):
        return frozenset({Scope.ACCOUNT})
    if _meters(template, method):
        return frozenset({Scope.ACCOUNT, Scope.WRITE, Scope.METERING})
    if method not in _READING:
        return frozenset({Scope.ACCOUNT, Scope.WRITE})
    # SDKs poll what they have to enforce with the key that they meter with.
    if "/ai/enforcement-rules/" in template:
        return frozenset(Scope)
    return frozenset({Scope.ACCOUNT, Scope.WRITE, Scope.READ})


def _meters(template: str, method: str) -> bool:
    if template.startswith("/meter/"):
        return True
    return method == "POST" and (template == "/local/v1/import" or template.endswith("/ai/completions"))
