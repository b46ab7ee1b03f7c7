"""The old module name, kept because existing assistant configurations start it."""
