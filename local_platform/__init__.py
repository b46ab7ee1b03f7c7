"""A Revenium-compatible platform for this machine: aiohttp and SQLite, spoken to over HTTP only."""
