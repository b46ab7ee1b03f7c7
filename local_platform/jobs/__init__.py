"""Jobs: what agents were asked to do, what that cost, what came of it, and what it is worth."""
