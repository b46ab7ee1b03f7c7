"""MCP tools over the daemon's operations, their HTTP mount and the stdio front."""
