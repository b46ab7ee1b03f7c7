"""One SQLite file, one writer thread; everything that must survive a kill -9 lives here."""
