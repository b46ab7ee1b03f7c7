"""Loaded first by a vendor process: refuses whatever would leave the machine, and writes down that it was tried."""

import os
import sys

_LOOPBACK = ("127.0.0.1", "::1", "localhost", None)


def _refuse_what_leaves(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if host not in _LOOPBACK:
        with open(os.environ["ATTEMPTS"], "a") as attempts:  # noqa: PTH123 - nothing is imported before the watch stands
            attempts.write(f"{event} {host}\n")
        raise ConnectionRefusedError(f"{host} is not on this machine")


sys.addaudithook(_refuse_what_leaves)
