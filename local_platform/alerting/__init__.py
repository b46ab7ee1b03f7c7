"""The platform's own alerting: rules evaluated on its own clock, budgets, and limits that SDKs obey.

Pure, and independent of how anything is stored:

- `rule.complaints(body)` and `rule.rule_of(body)` check and read an alert rule, `cost_control.complaints(body)` and
  `cost_control.cost_control_of(body)` a cost control; complaints are a map from field to message.
- `windows.window_of(rule, now, reset)` says what a rule looks at, `metrics.value(metric, sums, minutes)` what that is
  worth, and `decide.decide(rule, standings, readings, window)` what follows for its alerts.
- `budgets` and `guardrails` render how far budgets and limits are used up.
"""
