"""What the platform says about a failure is understood in each of its forms, kept short, and turned into advice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.client.failures import Answer, failure, retry_after
from daemon.errors import (
    AuthError,
    ConflictError,
    ContractError,
    NotFoundError,
    PlatformError,
    RateLimitedError,
    TransientError,
    ValidationFailedError,
)


def told(body: Any, status: int = 400, content_type: str = "application/json") -> PlatformError:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return failure(Answer("GET http://x/y", status, content_type, content), lambda text: text)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "no such period"}, "(400: no such period)"),
        ({"error": "Bad Request"}, "(400: Bad Request)"),
        ({"error": "Bad Request", "message": "no such period"}, "(400: no such period)"),
        ({"error": {"message": "nested"}}, "(400: nested)"),
        ({"title": "Bad", "detail": "the period"}, "(400: the period)"),
        ({"code": "INVALID_TEAM_ID", "message": "no"}, "(400: INVALID_TEAM_ID: no)"),
        ({"code": "INVALID_TEAM_ID"}, "(400: INVALID_TEAM_ID)"),
        ({"message": "bad", "details": {"name": "is blank", "error": "twice"}}, "(400: bad; name: is blank; twice)"),
        ({"errors": [{"field": "a", "message": "odd"}, "even"]}, "(400: a: odd; even)"),
        (
            {"errors": [{"path": ["q", 0], "message": "odd", "options": ["A", "B"]}]},
            "(400: q.0: odd (one of A, B))",
        ),
        (
            {"errors": [{"code": "C1", "field": "f", "message": "m", "resolution": "do this"}]},
            "(400: f: C1: m (do this))",
        ),
        ({"message": "two\n\tlines"}, "(400: two lines)"),
        ({"message": 5, "details": ["x"], "errors": "y"}, "(400)"),
        ({"details": {"name": {"message": "deep"}, "other": None}}, "(400: name: deep)"),
        ([], "(400)"),
        ("words", "(400)"),
        (None, "(400)"),
    ],
)
def test_each_form_of_complaint_is_read(body: Any, words: str) -> None:
    assert words in str(told(body))


@pytest.mark.parametrize(
    ("content", "content_type", "words"),
    [
        (b"retry after 12 seconds", "text/plain", "(502: retry after 12 seconds)"),
        (b"<html><TITLE>Bad\nGateway</TITLE>", "text/html", "(502: a web page, 'Bad\\nGateway')"),
        (b"<html><body>secret tracebacks", "text/html", "(502)"),
        (b"\xff\xfe", "text/plain", "(502: \ufffd\ufffd)"),
        (b"", "application/json", "(502)"),
        (b"[" * 100_000, "application/json", "(502)"),
        (b'{"message": 1e999999999999}', "application/json", "(502)"),
    ],
)
def test_text_and_pages_say_what_they_can(content: bytes, content_type: str, words: str) -> None:
    assert words in str(told(content, 502, content_type))


def test_long_winded_complaints_are_cut() -> None:
    body = {"message": "x" * 10_000, "details": {f"field{number}": "y" * 500 for number in range(100)}}
    error = told(body)
    assert len(str(error)) < 3000
    assert isinstance(error, ValidationFailedError)
    assert len(error.fields) == 100


def test_a_complaint_that_is_repeated_is_told_once() -> None:
    assert str(told({"message": "odd", "details": {"error": "odd"}})).count("odd") == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ContractError),
        (400, ValidationFailedError),
        (401, AuthError),
        (402, PlatformError),
        (403, AuthError),
        (404, NotFoundError),
        (408, TransientError),
        (409, ConflictError),
        (415, PlatformError),
        (422, ValidationFailedError),
        (429, RateLimitedError),
        (500, TransientError),
        (504, TransientError),
    ],
)
def test_each_status_has_its_kind(status: int, kind: type[PlatformError]) -> None:
    assert type(told({}, status)) is kind


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("API key expired", "make a new one"),
        ("the key is suspended", "ask the owner"),
        ("insufficient scope", "may read and write"),
        ("Access Denied", "check REVENIUM_TEAM_ID"),
        ("nobody knows", "check REVENIUM_API_KEY"),
    ],
)
def test_a_refused_key_is_told_what_to_do_about_it(message: str, advice: str) -> None:
    assert advice in str(told({"message": message}, 403))


def test_a_refused_request_is_not_blamed_on_the_key() -> None:
    error = told({"message": "the trial has expired in this scope"})
    assert "key" not in str(error)
    assert "mend it" in str(error)


def test_a_wait_in_words_is_understood() -> None:
    assert retry_after(None, b"Too many requests, retry after 12 seconds") == 12.0
    assert retry_after(None, b'{"message": "Retry after 7s"}') == 7.0


@settings(max_examples=100, deadline=None)
@given(
    body=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["message", "error", "errors", "details", "code", "path", "field", "options", "title"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    ),
    status=st.integers(min_value=300, max_value=599),
)
def test_no_body_at_all_keeps_a_failure_from_being_told(body: Any, status: int) -> None:
    assert str(told(body, status)).startswith("GET http://x/y: ")
