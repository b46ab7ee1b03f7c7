"""Mail by SMTP: one message per recipient over one connection, encrypted unless on this machine."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from notifiers.base import DeliveryError, FailureClass, Notification, Receipt
from notifiers.clock import Clock, utc_now
from notifiers.email_message import email_message, mail_address
from notifiers.smtp_errors import (
    conversation_error,
    deferred,
    is_final,
    is_tls_failure,
    refusal_words,
    unanswered,
)
from notifiers.smtp_url import parse_smtp_url

# Enough for every delivery that can be under way; older ones are settled in the outbox.
_REMEMBERED_DELIVERIES = 1000
_TLS_TRIES = 3
_GOODBYE_TIMEOUT = 3.0


class EmailNotifier:
    """Sends each notification to every recipient on their own.

    Who accepted a delivery is remembered while the process lives, so that a retry for the others
    reaches nobody twice.

    Args:
        smtp_url: Such as ``smtp://user:password@host:587``; see `parse_smtp_url`.
        sender: The From address; the server has to be allowed to send for its domain.
        recipients: One address each.
        timeout: Seconds that each step of the conversation may take.
        ca_file: Certificates to trust instead of the system's.
        clock: Tells the current instant.

    Raises:
        ValueError: The URL, an address or the CA file is unusable.
    """

    name = "email"

    def __init__(
        self,
        smtp_url: str,
        sender: str,
        recipients: Sequence[str],
        *,
        timeout: float = 20,
        ca_file: Path | str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._server = parse_smtp_url(smtp_url)
        self._tls = self._server.tls_context(ca_file)
        self._sender = sender
        self._envelope_sender = mail_address(sender).addr_spec
        self._recipients = {mail_address(recipient).addr_spec: recipient for recipient in recipients}
        if not self._recipients:
            raise ValueError("mail needs at least one recipient")
        self._timeout = timeout
        self._now = clock
        self._accepted: OrderedDict[str, set[str]] = OrderedDict()
        self._tls_failures = 0

    async def send(self, notification: Notification) -> Receipt:
        """Make one attempt for everybody who has not accepted yet; see `Notifier.send`."""
        accepted = self._accepted_for(notification.delivery_id)
        refused: dict[str, str] = {}
        if waiting := [address for address in self._recipients if address not in accepted]:
            refused = await self._converse(notification, waiting, accepted)
        if not accepted:
            raise DeliveryError(
                f"The mail server refused every recipient: {_first_of(refused)}",
                failure=FailureClass.PERMANENT,
                reason="recipients_refused",
            )
        detail = f"accepted for {len(accepted)} of {len(self._recipients)}"
        return Receipt(reference={"delivery_id": notification.delivery_id}, detail=detail, refused=refused)

    async def aclose(self) -> None:
        """Nothing to give back: each attempt opens and closes its own connection."""

    def _accepted_for(self, delivery_id: str) -> set[str]:
        accepted = self._accepted.setdefault(delivery_id, set())
        self._accepted.move_to_end(delivery_id)
        if len(self._accepted) > _REMEMBERED_DELIVERIES:
            self._accepted.popitem(last=False)
        return accepted

    async def _converse(self, notification: Notification, waiting: Sequence[str], accepted: set[str]) -> dict[str, str]:
        """One connection for all; raised errors leave their cause behind, as it may quote a secret."""
        smtp = self._server.client(timeout=self._timeout, tls=self._tls)
        try:
            await smtp.connect()
            self._tls_failures = 0
            refused = await self._hand_over_to_each(smtp, notification, waiting, accepted)
            await _say_goodbye(smtp)
        except (SMTPException, OSError) as error:
            self._tls_failures += is_tls_failure(error)
            failure = conversation_error(
                error, secret=self._server.password, last_tls_try=self._tls_failures >= _TLS_TRIES
            )
        else:
            return refused
        finally:
            smtp.close()
        raise failure

    async def _hand_over_to_each(
        self, smtp: SMTP, notification: Notification, waiting: Sequence[str], accepted: set[str]
    ) -> dict[str, str]:
        """Add to `accepted` whom the server takes; answer whom it refuses for good, with its words."""
        refused: dict[str, str] = {}
        delayed: dict[str, str] = {}
        now = self._now()
        for position, address in enumerate(waiting):
            if position:
                await smtp.rset()
            try:
                await self._hand_over(smtp, notification, address, now=now)
            except (SMTPRecipientRefused, SMTPDataError) as error:
                group = refused if is_final(error) else delayed
                group[address] = refusal_words(error, secret=self._server.password)
            else:
                accepted.add(address)
        if delayed:
            raise deferred(_first_of(delayed))
        return refused

    async def _hand_over(self, smtp: SMTP, notification: Notification, address: str, *, now: datetime) -> None:
        mail = email_message(notification, sender=self._sender, recipient=self._recipients[address], now=now)
        await smtp.mail(self._envelope_sender)
        await smtp.rcpt(address)
        try:
            await smtp.data(mail.as_bytes())
        except SMTPResponseException:
            raise
        except (SMTPException, OSError) as error:
            failure = unanswered(error)
        else:
            return
        raise failure


async def _say_goodbye(smtp: SMTP) -> None:
    """Leave politely; the mail is accepted whatever becomes of the goodbye."""
    try:
        await smtp.quit(timeout=_GOODBYE_TIMEOUT)
    except (SMTPException, OSError):
        return


def _first_of(words: dict[str, str]) -> str:
    address, said = next(iter(words.items()))
    others = f" (and {len(words) - 1} more)" if len(words) > 1 else ""
    return f"{address}: {said}{others}"
