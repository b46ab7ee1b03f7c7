"""From verdicts to what people are told: episodes, comings and goings, and what lies beneath what. Pure."""
