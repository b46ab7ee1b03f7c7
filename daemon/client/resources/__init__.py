"""The families of calls, each in a module of its own."""
