"""Reports over what was metered."""
