"""The kinds of resources, one module per family."""
