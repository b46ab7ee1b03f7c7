"""Speaking to the Revenium platform over HTTP."""
