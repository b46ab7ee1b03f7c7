"""The newer analytics under `/api/v2`: paged reports in forms of their own, insights, and the state of the data."""
