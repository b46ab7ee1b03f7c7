"""Everything that is created, read, updated and deleted, described once per kind.

`kind` says what a kind is; `kinds` holds one module per family of them. `bodies` turns a request's JSON into fields,
`documents` stores them, `rendering` turns them back into JSON, `listing` pages through them, and `routes` mounts the verbs.
"""
