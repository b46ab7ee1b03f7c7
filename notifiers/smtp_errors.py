"""What each failure of a mail server means for the destination and for a recipient."""

from __future__ import annotations

import ssl

from aiosmtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from notifiers.base import DeliveryError, FailureClass
from notifiers.text import clean, truncate

GREYLIST_PAUSE = 300.0
"""Seconds after which a server that asked to come back later usually accepts."""

_MESSAGE_TOO_LARGE = 552


def refusal_words(error: SMTPResponseException, *, secret: str | None) -> str:
    """The server's code and words, on one line and without the password."""
    words = truncate(clean(str(error.message)), 200)
    return f"{error.code} {words.replace(secret, '[password]') if secret else words}".strip()


def is_final(error: SMTPResponseException) -> bool:
    """Whether the server will say the same of this message to this recipient next time."""
    return 500 <= error.code < 600


def deferred(words: str) -> DeliveryError:
    """The error for a recipient that the server wants to be asked for again later."""
    return DeliveryError(
        f"The mail server asks to try again later: {words}",
        failure=FailureClass.TRANSIENT,
        reason="deferred",
        retry_after=GREYLIST_PAUSE,
    )


def unanswered(error: SMTPException | OSError) -> DeliveryError:
    """The error for silence after the whole message was sent: it may have been accepted."""
    return DeliveryError(
        f"The mail server did not confirm the message ({type(error).__name__}). Trying again with the same id.",
        failure=FailureClass.TRANSIENT,
        reason="timeout" if isinstance(error, SMTPTimeoutError) else "connection_lost",
        ambiguous=True,
    )


def is_tls_failure(error: BaseException) -> bool:
    """Whether the encryption failed, directly or inside of the library's error."""
    return isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)


def conversation_error(error: SMTPException | OSError, *, secret: str | None, last_tls_try: bool) -> DeliveryError:
    """The error for a conversation that broke before the message was handed over.

    Args:
        error: What the library raised; nothing but its type and the server's words is told on.
        secret: The password, to be kept out of the server's words.
        last_tls_try: Encryption failed several times in a row; it is no passing trouble.
    """
    if is_tls_failure(error):
        return _tls_error(error, last_try=last_tls_try)
    if isinstance(error, SMTPAuthenticationError):
        return _by_code(error, "login_refused", f"The mail server refused the login ({error.code}).")
    if isinstance(error, SMTPResponseException):
        reason = _STEP_REASONS.get(type(error), "server_refused")
        words = refusal_words(error, secret=secret)
        return _by_code(error, reason, f"The mail server refused to take mail: {words}.")
    if isinstance(error, OSError):
        silent = isinstance(error, TimeoutError)
        return DeliveryError(
            f"The mail server {'did not answer in time' if silent else 'could not be reached'}. Trying again later.",
            failure=FailureClass.TRANSIENT,
            reason="timeout" if silent else "unreachable",
        )
    return DeliveryError(
        "The mail server offers no STARTTLS or no way to log in that is known here."
        " Use smtps:// if it encrypts from the start, or another port.",
        failure=FailureClass.DESTINATION,
        reason="not_supported",
    )


_STEP_REASONS: dict[type[SMTPResponseException], str] = {
    SMTPSenderRefused: "sender_refused",
    SMTPRecipientRefused: "recipient_refused",
    SMTPDataError: "message_refused",
}


def _by_code(error: SMTPResponseException, reason: str, message: str) -> DeliveryError:
    if not is_final(error):
        return DeliveryError(f"{message} Trying again later.", failure=FailureClass.TRANSIENT, reason=reason)
    if error.code == _MESSAGE_TOO_LARGE:
        return DeliveryError(message, failure=FailureClass.PERMANENT, reason="message_too_large")
    # Nothing of a message is known yet when these are said: every message would meet the same.
    return DeliveryError(
        f"{message} Check the SMTP URL, its user name and password, and the sender address.",
        failure=FailureClass.DESTINATION,
        reason=reason,
    )


def _tls_error(error: BaseException, *, last_try: bool) -> DeliveryError:
    untrusted = isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    )
    if untrusted:
        return DeliveryError(
            "The mail server's certificate is not trusted for this host. Give its CA file, or the name it is made for.",
            failure=FailureClass.DESTINATION,
            reason="untrusted_certificate",
        )
    return DeliveryError(
        "The encryption with the mail server failed. Check whether the port wants smtp:// or smtps://.",
        failure=FailureClass.DESTINATION if last_try else FailureClass.TRANSIENT,
        reason="tls_failed",
    )
