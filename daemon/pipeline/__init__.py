"""From stored windows to verdicts, alerts and messages: gather, step (pure), group, commit."""
