"""Everything that is created, read, updated and deleted, described once per kind.

`kind` says what a kind is, `kinds` holds one module per family of them, and `mounted` lists all. `bodies` turns a
request's JSON into fields with the checks of `fields`, `documents` stores them, `links` keeps both sides of a link in
step, `rendering` turns them back into JSON, `listing` and `walks` page through them, and `routes` mounts the verbs.
`paths` mounts what there is beside the verbs: `lookups`, `discovery`, `team_settings`, `departments`, and in `absent`
what this platform has none of.
"""
