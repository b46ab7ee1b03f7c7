"""From a metered call to the log: checked, priced, stored, read back."""
