"""An invented company's AI usage: its past as history, its present as live traffic."""
