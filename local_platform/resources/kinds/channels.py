"""Where the platform sends its alerts."""

from __future__ import annotations

from dataclasses import replace

from local_platform.resources import documents
from local_platform.resources.fields import NAME, each
from local_platform.resources.kind import VERBS, Document, Fields, Kind
from local_platform.session import Session


def _without_hash(body: Fields) -> Fields:
    """Clients put the # in front of a channel themselves."""
    if isinstance(body.get("channelName"), str):
        body["channelName"] = body["channelName"].removeprefix("#")
    return body


def _is_told(session: Session, document: Document) -> str | None:
    told = documents.referring(session, "anomaly", "slackConfigurations", document.id)
    return f"{len(told)} alert rules send to it; change those first" if told else None


SLACK = Kind(
    name="slack_configuration",
    path="configurations/slack",
    collection="slackConfigurationResourceList",
    entity="SlackConfiguration",
    required=("name", "teamName", "channelName"),
    checks=each("name teamName channelName", NAME),
    searched=("name", "teamName", "channelName"),
    verbs=frozenset({"list", "read"}),
    prepare=_without_hash,
    objection=_is_told,
)

OWN_SLACK = replace(SLACK, path="slack-configurations", verbs=VERBS)
"""The same with all verbs: elsewhere a channel is connected in a browser, here by a call of the platform's own."""
