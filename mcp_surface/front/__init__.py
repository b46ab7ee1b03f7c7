"""The stdio front: what an assistant starts, a pump between its pipes and the running daemon.

Nothing in here imports the `mcp` package, which takes longer to load than the whole front needs to be ready.
"""

from mcp_surface.front.command import main

__all__ = ["main"]
