"""`revenium-monitor feedback`: say what an alert was, list what was said, take it back; asked through the daemon's socket."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from pydantic import BaseModel, ValidationError

from daemon import paths, settings
from daemon.errors import Exit, MonitorError
from daemon.feedback_http import PATH, Said, in_words
from daemon.operations.feedback_results import Feedback, FeedbackList, FeedbackResult, LessonSummary
from detectors.feedback import Kind

TIMEOUT = aiohttp.ClientTimeout(total=10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _describe_give(actions.add_parser("give", help="say what an alert was"))
    listing = actions.add_parser("list", help="list what was said and what it changes")
    listing.add_argument("pattern", nargs="?", default="*", help="a series or a pattern such as cost/agent/*")
    listing.add_argument("--all", action="store_true", help="list what was taken back as well")
    undo = actions.add_parser("undo", help="take back what was said, with all that followed from it")
    undo.add_argument("id", help="the id that 'feedback list' shows")
    for action in (listing, undo):
        _describe_common(action)


def _describe_give(give: argparse.ArgumentParser) -> None:
    give.add_argument("kind", metavar="KIND", help=", ".join(Kind))
    give.add_argument("alert", nargs="?", help="id of the alert; else give --series and --start")
    give.add_argument("--series", help="name of a series of which there was no alert")
    give.add_argument("--start", type=_moment, help="when it began, such as '2026-03-04 14:00'")
    give.add_argument("--end", type=_moment, help="when it ended")
    give.add_argument("--below", action="store_true", help="it was below the usual; without an alert")
    give.add_argument("--scope", help="'entity', or a pattern of series; left out, what the alert's message speaks for")
    give.add_argument("--until", type=_moment, help="when it stops to hold")
    give.add_argument("--note", default="", help="why, in a few words")
    give.add_argument("--preview", action="store_true", help="tell what would happen, and do nothing")
    _describe_common(give)


def _describe_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default=_user(), help="who says so; the user of this terminal if left out")
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry out one action.

    Raises:
        MonitorError: The daemon does not answer or refuses, or what was typed cannot be said.
    """
    try:
        answer = asyncio.run(_answer(options, settings.load().data_dir))
    except ValidationError as error:
        raise MonitorError(in_words(error)) from error
    print(answer.model_dump_json(indent=2) if options.json else _text(answer, options))
    return Exit.OK


async def _answer(options: argparse.Namespace, directory: Path) -> FeedbackResult | FeedbackList:
    match options.action:
        case "give":
            return await _give(options, directory)
        case "list":
            return await _list(options, directory)
        case _:
            return await _undo(options, directory)


async def _give(options: argparse.Namespace, directory: Path) -> FeedbackResult:
    said = Said(
        feedback=Feedback(
            kind=options.kind,
            alert_id=options.alert,
            series=options.series,
            start=options.start,
            end=options.end,
            side="below" if options.below else "above",
            scope=options.scope,
            until=options.until,
            note=options.note,
        ),
        actor=options.by,
        preview=options.preview,
    )
    body = said.model_dump_json().encode()
    return FeedbackResult.model_validate_json(await _ask(directory, "POST", PATH, data=body))


async def _list(options: argparse.Namespace, directory: Path) -> FeedbackList:
    query = {"pattern": options.pattern, "undone": "true" if options.all else "false"}
    return FeedbackList.model_validate_json(await _ask(directory, "GET", PATH, params=query))


async def _undo(options: argparse.Namespace, directory: Path) -> FeedbackResult:
    path = f"{PATH}/{quote(options.id, safe='')}"
    return FeedbackResult.model_validate_json(await _ask(directory, "DELETE", path, params={"actor": options.by}))


async def _ask(directory: Path, method: str, path: str, **given: Any) -> bytes:
    """Return the daemon's answer.

    Raises:
        MonitorError: No daemon answers, or it refuses; the text says why.
    """
    connector = aiohttp.UnixConnector(path=str(paths.socket_path(directory)))
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session,
            session.request(method, f"http://localhost{path}", **given) as response,
        ):
            body = await response.read()
            if response.ok:
                return body
            raise MonitorError(_refusal(body, response.status))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise MonitorError(
            f"no daemon answers in {directory}; start it with 'revenium-monitor run' and say it again"
        ) from error


def _refusal(body: bytes, status: int) -> str:
    try:
        return _Refusal.model_validate_json(body).error
    except ValidationError:
        return f"the daemon answers {status} and not with feedback; restart it with this version"


class _Refusal(BaseModel):
    error: str


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under an id without a name
        return "owner"


def _moment(text: str) -> datetime:
    """Read a time; without a zone it is one of this machine's clock."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it like '2026-03-04 14:00'") from error


def _text(answer: FeedbackResult | FeedbackList, options: argparse.Namespace) -> str:
    if isinstance(answer, FeedbackList):
        return "\n".join(line for lesson in answer.lessons for line in _lines(lesson)) or "nothing was said"
    head = {"give": "would be noted" if getattr(options, "preview", False) else "noted", "undo": "taken back"}
    ends = [f"  ends alert {alert}" for alert in answer.ends]
    return "\n".join(
        [f"{head[options.action]}, from the next poll on; {_named(answer)}", *_lines(answer.lesson), *ends]
    )


def _named(answer: FeedbackResult) -> str:
    more = ", ..." if answer.matched > len(answer.examples) else ""
    return f"{answer.matched} series: {', '.join(answer.examples)}{more}"


def _lines(lesson: LessonSummary) -> list[str]:
    note = f": {lesson.note}" if lesson.note else ""
    gone = f" (taken back by {lesson.undone_by})" if lesson.undone_at else ""
    head = f"{lesson.id}  {lesson.pattern} {lesson.side} the usual is {Kind(lesson.kind).words}, says {lesson.given_by}{note}{gone}"
    along = [f"  the same holds for what its message speaks for: {', '.join(lesson.along)}"] if lesson.along else []
    return [head, *(f"  {effect}" for effect in lesson.effects), *along]
