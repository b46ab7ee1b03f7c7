"""Mail over a real socket: who gets what, and what each failure means."""

import logging

import pytest

from notifiers.base import DeliveryError, FailureClass
from notifiers.email import EmailNotifier
from notifiers.smtp_url import Encryption, parse_smtp_url
from notifiers.testing import assert_no_secret

PASSWORD = "p@ss/w#rd"
ENCODED = "p%40ss%2Fw%23rd"
TO = ("ann@example.com", "Bob <bob@example.com>", "cy@example.com")
FROM = "Monitor <monitor@example.org>"


def email_to(url: str, recipients=TO, **options) -> EmailNotifier:
    return EmailNotifier(url, FROM, recipients, **({"timeout": 5} | options))


async def failure_of(notifier: EmailNotifier, notification) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        await notifier.send(notification)
    for secret in (PASSWORD, ENCODED):
        assert_no_secret(caught.value, secret)
    return caught.value


def meaning(error: DeliveryError):
    return error.failure, error.reason, error.ambiguous


async def test_each_recipient_gets_a_message_of_their_own_over_one_connection(smtp, tell):
    receipt = await email_to(smtp.url).send(tell())
    assert [to for to, _ in smtp.messages] == ["ann@example.com", "bob@example.com", "cy@example.com"]
    assert [mail["To"] for _, mail in smtp.messages] == list(TO)
    assert smtp.connections == 1
    assert (receipt.detail, receipt.refused) == ("accepted for 3 of 3", {})
    assert smtp.commands[-1] == "QUIT"


async def test_a_recipient_refused_for_good_is_told_of_while_the_others_get_theirs(smtp, tell):
    smtp.script("RCPT", "250 ok", "550 5.1.1 no\x07 such user", "250 ok")
    receipt = await email_to(smtp.url).send(tell())
    assert receipt.refused == {"bob@example.com": "550 5.1.1 no such user"}
    assert [to for to, _ in smtp.messages] == ["ann@example.com", "cy@example.com"]


async def test_a_body_refused_for_one_recipient_is_that_recipients_refusal(smtp, tell):
    smtp.script("BODY", "552 mailbox full", "250 ok")
    receipt = await email_to(smtp.url).send(tell())
    assert receipt.refused == {"ann@example.com": "552 mailbox full"}


async def test_everybody_refused_is_permanent(smtp, tell):
    smtp.script("RCPT", "550 unknown")
    error = await failure_of(email_to(smtp.url), tell())
    assert meaning(error) == (FailureClass.PERMANENT, "recipients_refused", False)
    assert "ann@example.com: 550 unknown (and 2 more)" in str(error)


@pytest.mark.parametrize(("command", "answer"), [("RCPT", "450 greylisted"), ("BODY", "452 disk full")])
async def test_a_retry_after_a_delay_reaches_only_who_was_left_out(smtp, tell, command, answer):
    smtp.script(command, "250 ok", answer, "250 ok")
    notifier = email_to(smtp.url)
    error = await failure_of(notifier, tell())
    assert meaning(error) == (FailureClass.TRANSIENT, "deferred", False)
    assert error.retry_after == 300
    receipt = await notifier.send(tell())
    assert sorted(to for to, _ in smtp.messages) == ["ann@example.com", "bob@example.com", "cy@example.com"]
    assert receipt.detail == "accepted for 3 of 3"


async def test_a_lost_confirmation_is_ambiguous_and_only_the_unsure_are_retried(smtp, tell, fake_smtp):
    smtp.script("BODY", "250 ok", fake_smtp.DROP, "250 ok")
    notifier = email_to(smtp.url)
    error = await failure_of(notifier, tell())
    assert meaning(error) == (FailureClass.TRANSIENT, "connection_lost", True)
    await notifier.send(tell())
    assert [to for to, _ in smtp.messages].count("ann@example.com") == 1
    ids = {mail["Message-ID"] for _, mail in smtp.messages}
    assert len(ids) == 1


async def test_a_settled_delivery_is_not_sent_again(smtp, tell):
    notifier = email_to(smtp.url)
    first = await notifier.send(tell())
    assert await notifier.send(tell()) == first
    assert (len(smtp.messages), smtp.connections) == (3, 1)
    await notifier.send(tell(delivery_id="another"))
    assert len(smtp.messages) == 6


@pytest.mark.parametrize(
    ("command", "answer", "failure", "reason", "ambiguous"),
    [
        ("BANNER", "421 busy", FailureClass.TRANSIENT, "server_refused", False),
        ("BANNER", "554 blocked", FailureClass.DESTINATION, "server_refused", False),
        ("BANNER", "(drop)", FailureClass.TRANSIENT, "unreachable", False),
        ("BANNER", "(hang)", FailureClass.TRANSIENT, "timeout", False),
        ("MAIL", "451 later", FailureClass.TRANSIENT, "sender_refused", False),
        ("MAIL", "550 not you", FailureClass.DESTINATION, "sender_refused", False),
        ("MAIL", "552 too large", FailureClass.PERMANENT, "message_too_large", False),
        ("MAIL", "(drop)", FailureClass.TRANSIENT, "unreachable", False),
        ("RCPT", "421 closing", FailureClass.TRANSIENT, "unreachable", False),
        ("DATA", "451 later", FailureClass.TRANSIENT, "deferred", False),
        ("DATA", "554 no", FailureClass.PERMANENT, "recipients_refused", False),
        ("BODY", "452 full", FailureClass.TRANSIENT, "deferred", False),
        ("BODY", "554 spam", FailureClass.PERMANENT, "recipients_refused", False),
        ("BODY", "(drop)", FailureClass.TRANSIENT, "connection_lost", True),
        ("BODY", "(hang)", FailureClass.TRANSIENT, "timeout", True),
    ],
)
async def test_each_step_that_fails_has_its_class(smtp, tell, command, answer, failure, reason, ambiguous):
    smtp.script(command, answer)
    error = await failure_of(email_to(smtp.url, timeout=0.3), tell())
    assert meaning(error) == (failure, reason, ambiguous)


async def test_a_goodbye_that_fails_does_not_undo_the_delivery(smtp, tell, fake_smtp):
    smtp.script("QUIT", fake_smtp.DROP)
    assert (await email_to(smtp.url).send(tell())).detail == "accepted for 3 of 3"


async def test_nobody_listening_is_transient(unused_tcp_port, tell):
    error = await failure_of(email_to(f"smtp+plain://127.0.0.1:{unused_tcp_port}"), tell())
    assert meaning(error) == (FailureClass.TRANSIENT, "unreachable", False)


async def test_a_server_without_starttls_pauses_the_destination_and_hears_no_password(smtp, tell):
    error = await failure_of(email_to(f"smtp://me:{ENCODED}@127.0.0.1:{smtp.port}"), tell())
    assert meaning(error) == (FailureClass.DESTINATION, "not_supported", False)
    assert not [line for line in smtp.commands if line.startswith("AUTH")]


async def test_starttls_unavailable_for_now_is_transient(smtp, tell):
    smtp.script("EHLO", "250-fake\r\n250 STARTTLS")
    smtp.script("STARTTLS", "454 not now")
    error = await failure_of(email_to(f"smtp://me:{ENCODED}@127.0.0.1:{smtp.port}"), tell())
    assert meaning(error) == (FailureClass.TRANSIENT, "server_refused", False)


async def test_broken_encryption_is_transient_twice_and_then_pauses_the_destination(smtp, tell):
    notifier = email_to(f"smtps://me:{ENCODED}@127.0.0.1:{smtp.port}")
    errors = [await failure_of(notifier, tell()) for _ in range(3)]
    assert [error.reason for error in errors] == ["tls_failed"] * 3
    assert [error.failure for error in errors] == [
        FailureClass.TRANSIENT,
        FailureClass.TRANSIENT,
        FailureClass.DESTINATION,
    ]


async def test_garbage_after_starttls_is_a_failure_of_the_encryption(smtp, tell, fake_smtp):
    smtp.script("EHLO", "250-fake\r\n250 STARTTLS")
    smtp.script("STARTTLS", "220 go\r\n" + "garbage, no handshake\r\n" * 20)
    error = await failure_of(email_to(f"smtp://me:{ENCODED}@127.0.0.1:{smtp.port}"), tell())
    assert error.failure is FailureClass.TRANSIENT


async def test_the_password_is_kept_out_of_the_words_of_a_server_that_repeats_it(smtp, tell):
    notifier = email_to(smtp.url)
    object.__setattr__(notifier._server, "password", PASSWORD)
    object.__setattr__(notifier._server, "username", None)
    smtp.script("RCPT", f"550 you said {PASSWORD}")
    error = await failure_of(notifier, tell())
    assert "[password]" in str(error)


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_mail_goes_out_encrypted_and_logged_in(tmp_path, certificate, tell, scheme, fake_smtp, caplog):
    caplog.set_level(logging.DEBUG)
    mailbox = fake_smtp.Mailbox()
    implicit = scheme == "smtps"
    async with fake_smtp.real_server(mailbox, password=PASSWORD, certificate=certificate, implicit=implicit) as port:
        url = f"{scheme}://monitor%40home:{ENCODED}@127.0.0.1:{port}"
        receipt = await email_to(url, ca_file=certificate).send(tell())
    assert receipt.detail == "accepted for 3 of 3"
    assert [to for [to], _ in mailbox.messages] == ["ann@example.com", "bob@example.com", "cy@example.com"]
    assert tell().title in mailbox.messages[0][1]["Subject"]
    assert PASSWORD not in caplog.text


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_an_untrusted_certificate_pauses_the_destination(certificate, tell, scheme, fake_smtp):
    mailbox = fake_smtp.Mailbox()
    implicit = scheme == "smtps"
    async with fake_smtp.real_server(mailbox, password=PASSWORD, certificate=certificate, implicit=implicit) as port:
        error = await failure_of(email_to(f"{scheme}://monitor%40home:{ENCODED}@127.0.0.1:{port}"), tell())
    assert meaning(error) == (FailureClass.DESTINATION, "untrusted_certificate", False)
    assert not mailbox.messages


async def test_a_wrong_password_pauses_the_destination(certificate, tell, fake_smtp):
    mailbox = fake_smtp.Mailbox()
    async with fake_smtp.real_server(mailbox, password="other", certificate=certificate, implicit=True) as port:
        url = f"smtps://monitor%40home:{ENCODED}@127.0.0.1:{port}"
        error = await failure_of(email_to(url, ca_file=certificate), tell())
    assert meaning(error) == (FailureClass.DESTINATION, "login_refused", False)


def test_user_name_and_password_are_percent_decoded():
    server = parse_smtp_url(f"smtp://me%40home:{ENCODED}@mail.example")
    assert (server.username, server.password) == ("me@home", PASSWORD)
    assert (server.host, server.port, server.encryption) == ("mail.example", 587, Encryption.STARTTLS)
    assert parse_smtp_url("smtps://mail.example").port == 465
    assert PASSWORD not in repr(server)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("smtp+plain://mail.example:25", "on this machine only"),
        ("smtp+plain://me:hunter2@127.0.0.1:25", "never sent in clear"),
        ("smtp://me:hunter2/x@mail.example", "not understood"),
        ("smtp://me:x@mail.example/hunter2", "%2F"),
        ("smtp://me:hun?ter2@mail.example", "not understood"),
        ("smtp://me:x@mail.example:hunter2", "not understood"),
        ("smtp://me:[hunter2@mail.example", "not understood"),
        ("smtp://me@mail.example", "both a user name and a password"),
        ("http://me:hunter2@mail.example", "not understood"),
        ("smtp://", "not understood"),
        ("mail.example", "not understood"),
    ],
)
def test_an_unusable_url_is_refused_without_quoting_it(url, words):
    with pytest.raises(ValueError, match=words) as caught:
        EmailNotifier(url, FROM, TO)
    for secret in ("hunter2", "hun?ter2"):
        assert_no_secret(caught.value, secret)


@pytest.mark.parametrize(
    ("sender", "recipients"),
    [
        ("nobody", TO),
        (FROM, ()),
        (FROM, ("a@b.example\r\nBcc: c@d.example",)),
        (FROM, ("a@b.example, c@d.example",)),
        (FROM, ("ann@exämple.com",)),
        (FROM, ("ann@",)),
    ],
)
def test_unusable_addresses_are_refused_at_the_start(sender, recipients):
    with pytest.raises(ValueError, match=r"address|recipient"):
        EmailNotifier("smtp+plain://127.0.0.1:25", sender, recipients)


def test_a_missing_ca_file_is_refused_at_the_start(tmp_path):
    with pytest.raises(ValueError, match="CA file"):
        EmailNotifier("smtps://mail.example", FROM, TO, ca_file=tmp_path / "none.pem")


def test_the_password_shows_in_no_representation():
    notifier = email_to(f"smtp://me:{ENCODED}@mail.example")
    assert PASSWORD not in repr(notifier) + repr(vars(notifier))
