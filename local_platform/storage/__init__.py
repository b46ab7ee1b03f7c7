"""The data directory and the one SQLite file in it."""
