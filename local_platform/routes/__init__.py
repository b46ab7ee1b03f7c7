"""The platform's HTTP surface, one module per resource; `app` mounts each under its prefixes."""
