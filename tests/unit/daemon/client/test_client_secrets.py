"""Every way a call can fail, over a real socket, with a platform that repeats all it was sent: no text shows a secret."""

from __future__ import annotations

import asyncio
import logging
import traceback
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.client.identity import Told
from daemon.client.payloads.customers import Credential
from daemon.client.payloads.metering import Completion, SubscriberKey, UsageSubscriber
from daemon.client.redaction import secrets_in, withhold
from daemon.client.revenium import Revenium
from daemon.client.transport import Host, Transport
from daemon.errors import PlatformError
from daemon.testing import NOON

KEY = "rev_sk_tnB2yR_0123456789abcdefghij"
PROMPT = "Summarize the merger of Initech with Globex before it is announced on Friday."
SECRET = "cust-secret-5f2c9a"

JSON_FORMS = {
    "message": lambda said: {"message": said},
    "error": lambda said: {"error": said},
    "nested error": lambda said: {"error": {"message": said}},
    "details": lambda said: {"message": "Validation failed", "details": {"name": said, said: "odd", "error": said}},
    "errors": lambda said: {
        "errors": [{"code": said, "field": said, "message": said, "value": said, "resolution": said}]
    },
    "words": lambda said: {"errors": [said]},
    "problem": lambda said: {"type": "about:blank", "title": said, "detail": said, "instance": said, "code": said},
    "problem fields": lambda said: {
        "errors": [{"path": ["a", said], "message": said, "received": said, "options": [said]}]
    },
    "code": lambda said: {"code": said, "message": said},
    "list": lambda said: [said],
    "string": lambda said: said,
    "text in a body of no form": lambda said: {"a": {"b": [said] * 50}},
}
STATUSES = [302, 400, 401, 403, 404, 405, 408, 409, 418, 422, 429, 500, 502, 503]


def _echoed(request: web.BaseRequest, content: bytes) -> str:
    """Return everything secret that the request holds, with words around it."""
    key = request.headers.get("x-api-key") or request.headers["authorization"]
    return f"key {key} and its beginning {key[:-5]} are bad; you sent {content.decode()} {PROMPT} {SECRET}"


def _completion() -> Completion:
    return Completion(
        transaction_id="t1",
        model="m",
        provider="p",
        request_time=NOON,
        response_time=NOON + timedelta(seconds=1),
        completion_start_time=NOON,
        request_duration=1000,
        input_token_count=1,
        output_token_count=1,
        total_token_count=2,
        stop_reason="END",
        is_streamed=False,
        subscriber=UsageSubscriber(id="u1", credential=SubscriberKey(name="k1", value=SECRET)),
        system_prompt=PROMPT,
        input_messages=PROMPT,
        output_response=PROMPT,
    )


async def _every_call(revenium: Revenium, link: Transport) -> list[BaseException]:
    calls = [
        link.get("/users/me"),
        link.request("GET", "/api/v2/status/connection", host=Host.APP),
        revenium.credentials.create(Credential(name="k", external_id=SECRET, external_secret=PROMPT)),
        revenium.metering.completion(_completion()),
    ]
    errors: list[BaseException] = []
    for call in calls:
        with pytest.raises(PlatformError) as caught:
            await call
        errors.append(caught.value)
    return errors


def _shown(error: BaseException) -> str:
    return "".join([*traceback.format_exception(error), repr(error), repr(error.__cause__), repr(vars(error))])


def _assert_silent(errors: list[BaseException], log: str) -> None:
    for error in errors[:2]:
        assert KEY not in _shown(error)
        assert KEY[:-5] not in _shown(error)
    for error in errors[2:]:
        for secret in (KEY, KEY[:-5], SECRET, PROMPT, "merger of Initech"):
            assert secret not in _shown(error)
    for secret in (KEY, KEY[:-5], SECRET, PROMPT):
        assert secret not in log


@pytest.mark.parametrize("form", JSON_FORMS)
@pytest.mark.parametrize("status", STATUSES)
async def test_no_refusal_shows_what_is_secret(
    stub: Any, revenium: Revenium, link: Transport, caplog: pytest.LogCaptureFixture, status: int, form: str
) -> None:
    async def echo(request: web.BaseRequest) -> web.StreamResponse:
        said = _echoed(request, await request.read())
        return web.json_response(JSON_FORMS[form](said), status=status, headers={"Retry-After": "0", "X-Said": KEY})

    caplog.set_level(logging.DEBUG)
    stub.do(echo)
    _assert_silent(await _every_call(revenium, link), caplog.text)


@pytest.mark.parametrize("kind", ["text/plain", "text/html", "application/problem+json", "application/octet-stream"])
@pytest.mark.parametrize("status", [200, *STATUSES])
async def test_no_text_page_or_broken_json_shows_what_is_secret(
    stub: Any, revenium: Revenium, link: Transport, caplog: pytest.LogCaptureFixture, status: int, kind: str
) -> None:
    async def echo(request: web.BaseRequest) -> web.StreamResponse:
        said = _echoed(request, await request.read())
        page = f"<html><title>{said}</title>{said}</html>"
        return web.Response(text=page, status=status, content_type=kind, headers={"Retry-After": "0"})

    caplog.set_level(logging.DEBUG)
    stub.do(echo)
    _assert_silent(await _every_call(revenium, link), caplog.text)


async def _truncated(request: web.BaseRequest) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
    await response.prepare(request)
    await response.write(_echoed(request, await request.read()).encode()[:900])
    assert request.transport
    request.transport.close()
    return response


async def _hang_up(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return web.Response()


async def _wrong_types(request: web.BaseRequest) -> web.StreamResponse:
    said = _echoed(request, await request.read())
    # What is wrong with each is told by the name of the field alone.
    wrong = {"id": [said], "label": {said: said}, "externalSecret": [said], "created": said, "completion_logs": said}
    return web.json_response(wrong)


@pytest.mark.parametrize("failing", [_truncated, _hang_up])
async def test_no_broken_connection_shows_what_is_secret(
    stub: Any, revenium: Revenium, link: Transport, caplog: pytest.LogCaptureFixture, failing: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.do(failing)
    _assert_silent(await _every_call(revenium, link), caplog.text)


async def test_no_answer_of_wrong_types_shows_what_is_secret(
    stub: Any, revenium: Revenium, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stub.do(_wrong_types)
    calls = [
        revenium.identity(),
        revenium.analytics.status(),
        revenium.credentials.create(Credential(name="k", external_id=SECRET, external_secret=PROMPT)),
        revenium.metering.completion(_completion()),
    ]
    errors: list[BaseException] = []
    for call in calls:
        with pytest.raises(PlatformError, match="something else than expected") as caught:
            await call
        errors.append(caught.value)
    _assert_silent(errors, caplog.text)


async def test_no_timeout_and_no_refused_connection_shows_what_is_secret(
    stub: Any, sleeps: Any, caplog: pytest.LogCaptureFixture
) -> None:
    never = asyncio.Event()

    async def hang(_: web.BaseRequest) -> web.StreamResponse:
        await never.wait()
        return web.Response()

    caplog.set_level(logging.DEBUG)
    stub.do(hang)
    errors: list[BaseException] = []
    for url in (stub.url, "http://127.0.0.1:1"):
        link = Transport(url, KEY, timeout=0.1, sleep=sleeps)
        errors += await _every_call(Revenium(link, Told("tmA1xQ", "tnB2yR", "usC3zS")), link)
        await link.aclose()
    never.set()
    _assert_silent(errors, caplog.text)


async def test_a_key_that_is_mistaken_for_an_id_is_not_shown(stub: Any, revenium: Revenium) -> None:
    stub.will({"message": f"no product {KEY}"}, 404)
    with pytest.raises(PlatformError, match=r"/products/\(withheld\): not there") as caught:
        await revenium.products.get(KEY)
    assert KEY not in _shown(caught.value)


def test_no_representation_shows_what_is_secret() -> None:
    credential = Credential.model_validate(
        {"id": "c1", "externalSecret": SECRET, "externalId": SECRET, "unknownToken": SECRET}
    )
    assert repr(credential) == "Credential(id='c1')"
    assert str(credential) == "id='c1'"
    shown = repr(_completion()) + repr(Transport("http://127.0.0.1:1", KEY, timeout=1))
    assert not [secret for secret in (SECRET, PROMPT, KEY) if secret in shown]


# -- withholding


def test_secrets_are_found_however_deep_they_lie() -> None:
    body = [{"a": {"credential": {"name": "k", "value": SECRET}}}, {"inputMessages": [PROMPT, 5]}, "plain"]
    assert list(secrets_in(body)) == ["k", SECRET, PROMPT]


def test_what_is_no_secret_is_left_alone() -> None:
    assert withhold("name must not be blank", [KEY, PROMPT, "be"]) == "name must not be blank"


def test_a_secret_and_a_long_piece_of_one_are_withheld() -> None:
    assert withhold(f"bad key {KEY}!", [KEY]) == "bad key (withheld)!"
    assert withhold(f"bad key {KEY[3:25]}…", [KEY]) == "bad key (withheld)…"
    assert withhold("wrong: hunter2", ["hunter2"]) == "wrong: (withheld)"


@settings(max_examples=100, deadline=None)
@given(before=st.text(max_size=30), after=st.text(max_size=30), secret=st.text(min_size=4, max_size=60))
def test_no_text_around_a_secret_lets_it_through(before: str, after: str, secret: str) -> None:
    marked = withhold(before + secret + after, [secret])
    assert "(withheld)" in marked
    assert secret not in marked.replace("(withheld)", "\n\n") or secret in "(withheld)" or "\n\n" in secret
