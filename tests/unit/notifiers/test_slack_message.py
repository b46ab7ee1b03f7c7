"""The Slack message: within its budget, harmless, and complete without colours."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifiers.base import Kind, Notification, Severity
from notifiers.slack_message import (
    MAX_BLOCKS,
    MAX_CHARACTERS,
    MAX_HEADER,
    escape,
    slack_payload,
    slack_plain_payload,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ACTIVE = re.compile(r"<(?!!date\^\d+\^\{date_short_pretty\} at \{time\}\||https://)")
hostile = st.text(st.sampled_from("<>&|@#!`*_~ \n\r\t\x00\u202e\u200b\ud800aé名🙂"), max_size=60) | st.text(
    max_size=4000
)


def texts(value) -> list[str]:
    """Every string that Slack would show."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    here = [value["text"]] if isinstance(value.get("text"), str) else []
    return here + [text for key in ("text", "blocks", "fields", "elements") for text in texts(value.get(key))]


def shown(payload) -> str:
    return "\n".join(texts(payload))


def test_the_message_says_what_happened_in_words(tell, now):
    example = tell()
    payload = slack_payload(example, now=now)
    assert payload["blocks"][0]["text"]["text"] == f"Critical: {example.title}"
    everything = shown(payload)
    for words in (example.summary, "*Expected*\n$6.10 per hour", "• agent support-bot: $9.40"):
        assert words in everything
    assert "<https://monitor.example/alerts/alert-7?tab=causes&amp;range=1h|Full details>" in everything
    assert "2026-03-01 12:00 UTC" in everything
    assert "Demo" not in everything
    assert "late" not in everything


def test_the_plain_text_beside_the_blocks_stands_alone(tell, now):
    example = tell()
    text = slack_payload(example, now=now)["text"]
    assert text == f"Critical: {example.title}. {example.summary}"


def test_metadata_carries_the_ids_and_nothing_else(tell, now):
    assert slack_payload(tell(), now=now)["metadata"] == {
        "event_type": "revenium_monitor_alert",
        "event_payload": {"delivery_id": "alert-7:1:slack", "alert_id": "alert-7", "sequence": 1},
    }


def test_demo_data_is_said_plainly_in_blocks_and_text(tell, now):
    payload = slack_payload(tell(demo=True), now=now)
    assert payload["text"].startswith("Demo data: ")
    assert "Demo data: " in payload["blocks"][1]["elements"][0]["text"]


def test_a_late_message_says_so_twice(tell, now):
    payload = slack_payload(tell(), now=now + timedelta(minutes=14))
    assert payload["text"].endswith("(sent 14 minutes late)")
    assert "*sent 14 minutes late*" in payload["blocks"][-1]["elements"][0]["text"]


@pytest.mark.parametrize(
    ("kind", "severity", "words"),
    [
        (Kind.FIRING, Severity.INFO, "Info: "),
        (Kind.FIRING, Severity.WARNING, "Warning: "),
        (Kind.UPDATE, Severity.CRITICAL, "Update (critical): "),
        (Kind.RESOLVED, Severity.CRITICAL, "Resolved: "),
        (Kind.TEST, Severity.INFO, "Test message: "),
    ],
)
def test_state_and_severity_stand_in_words(tell, now, kind, severity, words):
    payload = slack_payload(tell(kind=kind, severity=severity), now=now)
    assert payload["blocks"][0]["text"]["text"].startswith(words)


@pytest.mark.parametrize(
    "name",
    ["<!channel>", "<!here|x>", "<@U123>", "<#C1>", "<https://evil.example|bank>", "a`b", "*loud*", "~x~", "_x_"],
)
def test_a_hostile_name_acts_nowhere(tell, now, name):
    told = tell(title=name, summary=name, facts=((name, name),), causes=(name,), next_step=name)
    for payload in (slack_payload(told, now=now), slack_plain_payload(told, now=now)):
        everything = shown({**payload, "blocks": payload.get("blocks", [])[1:]})
        assert name not in everything
        assert not ACTIVE.search(everything)


def test_the_header_holds_no_angle_brackets_whatever_slack_makes_of_them(tell, now):
    header = slack_payload(tell(title="<!channel> & <@U1>"), now=now)["blocks"][0]["text"]
    assert header["type"] == "plain_text"
    assert not set(header["text"]) & set("<>")


def test_ordinary_underscores_stay():
    assert escape("gpt_4_turbo on eu_west", 100) == "gpt_4_turbo on eu_west"


def test_an_entity_is_never_cut_in_two():
    assert escape("&&&&", 12) == "&amp;&amp;…"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://me:secret@host/", "https://x|y>", "not a url", "https://[", "https://x y"]
)
def test_a_doubtful_link_is_left_out(tell, now, url):
    assert url not in json.dumps(slack_payload(tell(url=url), now=now))


def test_a_message_without_extras_has_three_blocks(tell, now):
    payload = slack_payload(tell(facts=(), causes=(), next_step="", url=None), now=now)
    assert [block["type"] for block in payload["blocks"]] == ["header", "section", "context"]


def test_facts_beyond_ten_are_counted_not_dropped_in_silence(tell, now):
    facts = tuple((f"label {n}", "value") for n in range(14))
    payload = slack_payload(tell(facts=facts), now=now)
    fields = next(block["fields"] for block in payload["blocks"] if "fields" in block)
    assert len(fields) == 10
    assert fields[-1]["text"] == "*Not shown*\n5 more"


@settings(max_examples=60, deadline=None)
@given(
    title=hostile,
    summary=hostile,
    facts=st.lists(st.tuples(hostile, hostile), max_size=14),
    causes=st.lists(hostile, max_size=10),
    next_step=hostile,
    delivery_id=hostile,
)
def test_whatever_the_data_the_message_stays_in_its_budget(title, summary, facts, causes, next_step, delivery_id):
    told = Notification(
        delivery_id=delivery_id,
        alert_id=delivery_id,
        sequence=1,
        kind=Kind.FIRING,
        severity=Severity.WARNING,
        title=title,
        summary=summary,
        event_time=NOON,
        created_at=NOON,
        facts=tuple(facts),
        causes=tuple(causes),
        next_step=next_step,
        demo=True,
    )
    payload = slack_payload(told, now=NOON + timedelta(days=3))
    json.dumps(payload, ensure_ascii=False).encode()
    assert len(payload["blocks"]) <= MAX_BLOCKS
    assert sum(map(len, texts(payload))) <= MAX_CHARACTERS
    assert len(payload["blocks"][0]["text"]["text"]) <= MAX_HEADER
    assert all(text.strip() for text in texts(payload))
    assert not ACTIVE.search(shown(payload["blocks"][1:]))
    for block in payload["blocks"]:
        assert len(block.get("fields", [])) <= 10
        assert all(len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert len(block["text"]["text"] if "text" in block else "") <= 3000


def test_the_largest_possible_message_is_within_the_budget(tell, now):
    worst = "&" * 5000
    told = tell(
        title=worst,
        summary=worst,
        facts=((worst, worst),) * 12,
        causes=(worst,) * 12,
        next_step=worst,
        url="https://monitor.example/" + "&" * 470,
        demo=True,
        event_time=now - timedelta(days=400),
    )
    payload = slack_payload(told, now=now + timedelta(days=400))
    assert sum(map(len, texts(payload))) <= MAX_CHARACTERS
