"""Who may ask, and for whom: keys, users, teams, tenants."""
