"""The platform's own alerting: rules evaluated on its own clock, budgets, and limits that SDKs obey.

Pure, and independent of how anything is stored:

- `rule.complaints(body)` and `rule.rule_of(body)` check and read an alert rule, `cost_control.complaints(body)` and
  `cost_control.cost_control_of(body)` a cost control; complaints are a map from field to message.
- `windows.window_of(rule, now, reset)` says what a rule looks at, `metrics.value(metric, sums, minutes)` what that is
  worth, and `decide.decide(rule, standings, readings, window)` what follows for its alerts.
- `budgets`, `guardrails` and `roster` render how far budgets and limits are used up.

Over the platform's tables:

- `kinds` describes rules and cost controls as resources, `routes` mounts everything else.
- `readings` adds metered calls up, `evaluation` and `enforcement` judge one rule or cost control by that, and
  `evaluator` does so for all of them, on the platform's clock.
- `standings`, `fired` and `enforcement_log` keep what is remembered, what fired, and which limits were reached.
"""
