"""The platform's own two logs: what it did, and what it was asked."""
