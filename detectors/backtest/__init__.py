"""What other settings would have told about recorded series: replay, compare, suggest. Pure."""
