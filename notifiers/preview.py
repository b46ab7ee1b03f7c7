"""Pages that show what Slack and the mail client would show; pure.

The look-alike understands exactly the blocks and the markup that `slack_message` writes. The
payload is rendered from its escaped form, so whatever would act in Slack acts here too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

_LINK = re.compile(r"&lt;(https?://[^|\s]+)\|([^&]*)&gt;")
_DATE = re.compile(r"&lt;!date\^\d+\^[^|]*\|([^&]*)&gt;")
_BOLD = re.compile(r"(?<!\S)\*([^*\n]+)\*(?!\S)")

_STYLE = """
body{margin:0;background:#f4f5f7;color:#1d1c1d;font:15px/1.46 Lato,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif}
main{max-width:720px;margin:0 auto;padding:16px 12px}
h1{font-size:20px;margin:8px 0}
h2{font-size:13px;font-weight:600;color:#5b6672;text-transform:uppercase;letter-spacing:.05em;margin:24px 0 8px}
a{color:#1264a3}
.slack{display:flex;gap:10px;background:#fff;border:1px solid #d5dbe1;border-radius:8px;padding:14px}
.face{flex:none;width:36px;height:36px;border-radius:6px;background:#1d3557;color:#fff;font-weight:700;
line-height:36px;text-align:center}
.said{min-width:0;overflow-wrap:anywhere}
.app{background:#e3e4e6;border-radius:3px;font-size:11px;padding:1px 4px;color:#454447}
.header{font-size:18px;font-weight:800;margin:8px 0;line-height:1.3}
.section{margin:6px 0}
.fields{display:grid;grid-template-columns:1fr 1fr;gap:8px 16px;margin:10px 0}
.context{font-size:13px;color:#5b6672;margin:8px 0 0}
.mail{background:#fff;border:1px solid #d5dbe1;border-radius:8px;overflow:hidden}
.mail dl{display:grid;grid-template-columns:auto 1fr;gap:2px 12px;margin:0;padding:12px 14px;font-size:13px;
border-bottom:1px solid #d5dbe1}
dt{color:#5b6672}dd{margin:0;overflow-wrap:anywhere}
.messages li{margin:8px 0;overflow-wrap:anywhere}
time{color:#5b6672;font-size:13px;display:block}
"""


@dataclass(frozen=True, slots=True)
class MailPreview:
    """What a mail client shows of a mail."""

    sender: str
    recipient: str
    subject: str
    card: str
    """HTML of the message, already safe."""


def preview_page(payload: dict[str, Any], mail: MailPreview) -> str:
    """One page with the Slack message above the mail."""
    return _page(
        mail.subject,
        f'<p><a href="../index.html">All messages</a></p><h2>In Slack</h2>{_slack(payload)}'
        f"<h2>In the mail client</h2>{_mail(mail)}",
    )


def index_page(entries: Iterable[tuple[str, str]]) -> str:
    """The list of messages.

    Args:
        entries: Folder name and headline (as written in the Slack payload) of each, newest first.
    """
    items = "".join(
        f'<li><time>{escape(folder)}</time><a href="{escape(folder)}/preview.html">{_plain(headline)}</a></li>'
        for folder, headline in entries
    )
    return _page("Messages", f'<h1>Messages</h1><ul class="messages">{items}</ul>')


def _page(title: str, body: str) -> str:
    # Nothing may be loaded from elsewhere, whatever a name in the data looks like.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _slack(payload: dict[str, Any]) -> str:
    blocks = "\n".join(_block(block) for block in payload["blocks"])
    return (
        '<div class="slack"><div class="face" aria-hidden="true">R</div><div class="said">'
        f'<strong>revenium-monitor</strong> <span class="app">APP</span>{blocks}</div></div>'
    )


def _block(block: dict[str, Any]) -> str:
    if block["type"] == "header":
        return f'<div class="header">{_plain(block["text"]["text"])}</div>'
    if block["type"] == "context":
        return f'<div class="context">{"".join(_mrkdwn(part["text"]) for part in block["elements"])}</div>'
    if "fields" in block:
        fields = "".join(f"<div>{_mrkdwn(field['text'])}</div>" for field in block["fields"])
        return f'<div class="fields">{fields}</div>'
    return f'<div class="section">{_mrkdwn(block["text"]["text"])}</div>'


def _mrkdwn(text: str) -> str:
    """Slack's markup as HTML: what it escapes stays escaped, what it acts on acts."""
    written = escape(text, quote=True).replace("&amp;lt;", "&#60;").replace("&amp;gt;", "&#62;")
    written = written.replace("&amp;amp;", "&#38;")
    written = _BOLD.sub(r"<strong>\1</strong>", _DATE.sub(r"\1", written))
    return _LINK.sub(r'<a href="\1">\2</a>', written).replace("\n", "<br>")


def _plain(text: str) -> str:
    """Text in which Slack shows entities as their characters and acts on nothing."""
    return escape(text).replace("&amp;lt;", "&lt;").replace("&amp;gt;", "&gt;").replace("&amp;amp;", "&amp;")


def _mail(mail: MailPreview) -> str:
    headers = "".join(
        f"<dt>{name}</dt><dd>{escape(value)}</dd>"
        for name, value in (("From", mail.sender), ("To", mail.recipient), ("Subject", mail.subject))
    )
    return f'<div class="mail"><dl>{headers}</dl>{mail.card}</div>'
