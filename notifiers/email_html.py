"""The HTML part of a mail; pure.

Mail clients know little CSS and some drop style sheets, so every style is inline and one table of
fluid width carries the layout: it fits a phone and stops at 600 pixels.
"""

from __future__ import annotations

from datetime import datetime
from html import escape

from notifiers.base import Kind, Notification, Severity
from notifiers.plain_text import moment_words
from notifiers.text import DEMO_NOTICE, status_words

_FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_INK = "#1f2933"
_QUIET = "#5b6672"

# Dark enough for white text on them at the contrast that accessibility rules ask for.
_SEVERITY_COLOURS = {Severity.CRITICAL: "#b3261e", Severity.WARNING: "#9a5b00", Severity.INFO: "#0b5cad"}
_KIND_COLOURS = {Kind.RESOLVED: "#1b7f3b", Kind.TEST: "#4a4f57"}


def html_document(told: Notification, *, now: datetime) -> str:
    """A whole page around `html_card`, as it is put into the mail."""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(told.title)}</title></head>\n"
        f'<body style="margin:0;padding:0;background:#eef1f4">\n{html_card(told, now=now)}</body></html>\n'
    )


def html_card(told: Notification, *, now: datetime) -> str:
    """The message itself.

    Args:
        told: The notification after `tidy`.
        now: The current instant, to say how late the message is.
    """
    rows = "".join(_row(part) for part in _parts(told, now))
    return (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#eef1f4">'
        '<tr><td align="center" style="padding:16px 8px">\n'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" '
        f'style="max-width:600px;background:#ffffff;border:1px solid #d5dbe1;{_FONT};color:{_INK};'
        'font-size:15px;line-height:1.5;text-align:left;overflow-wrap:anywhere">\n'
        f"{_banner(told)}{rows}</table></td></tr></table>\n"
    )


def _parts(told: Notification, now: datetime) -> list[str]:
    return [
        *([f'<strong style="color:#7a3e00">{escape(DEMO_NOTICE)}</strong>'] if told.demo else []),
        escape(told.summary),
        *([_facts(told)] if told.facts else []),
        *([_causes(told)] if told.causes else []),
        *([f"<strong>Next step:</strong> {escape(told.next_step)}"] if told.next_step else []),
        *([_button(told.url)] if told.url else []),
        f'<span style="color:{_QUIET};font-size:13px">{escape(moment_words(told, now=now))}</span>',
    ]


def _row(content: str) -> str:
    return f'<tr><td style="padding:8px 20px">{content}</td></tr>\n'


def _banner(told: Notification) -> str:
    colour = _KIND_COLOURS.get(told.kind, _SEVERITY_COLOURS[told.severity])
    return (
        f'<tr><td style="padding:16px 20px;background:{colour};color:#ffffff">'
        '<div style="font-size:13px;font-weight:600;letter-spacing:.04em;text-transform:uppercase">'
        f"{escape(status_words(told))}</div>"
        '<div style="font-size:20px;line-height:1.3;font-weight:600;padding-top:2px">'
        f"{escape(told.title)}</div></td></tr>\n"
    )


def _facts(told: Notification) -> str:
    rows = "".join(
        f'<tr><td style="padding:5px 12px 5px 0;color:{_QUIET};vertical-align:top;'
        f'border-bottom:1px solid #e6eaee;width:38%">{escape(label)}</td>'
        '<td style="padding:5px 0;font-weight:600;vertical-align:top;border-bottom:1px solid #e6eaee">'
        f"{escape(value)}</td></tr>"
        for label, value in told.facts
    )
    return (
        '<table width="100%" cellpadding="0" cellspacing="0" '
        f'style="border-collapse:collapse;font-size:15px;color:{_INK}">{rows}</table>'
    )


def _causes(told: Notification) -> str:
    items = "".join(f'<li style="padding:2px 0">{escape(cause)}</li>' for cause in told.causes)
    return f'<strong>Largest contributors</strong><ul style="margin:4px 0;padding-left:20px">{items}</ul>'


def _button(url: str) -> str:
    return (
        f'<a href="{escape(url)}" style="display:inline-block;padding:9px 16px;background:{_INK};'
        'color:#ffffff;text-decoration:none;font-weight:600;border-radius:4px">Full details</a>'
    )
