# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hands messages to the mail server of this host, one recipient each."""

from __future__ import annotations

import smtplib
import socket
from typing import Any, Callable, NamedTuple

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError

# Mail servers take only so many messages in one session.
PER_SESSION = 50
SECONDS = 60


class Answer(NamedTuple):
    """state: sent, refused, later (the server may take it another time) or begun (it is not known). said: by the server."""

    state: str
    said: str


class MailServer:
    """A context manager. Raises HostError where no mail server answers."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        # smtplib would look it up for each session.
        self._name = socket.getfqdn()
        self._session: smtplib.SMTP | None = None
        self._number = 0

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, *exc: Any) -> None:
        self._end()

    def send(self, sender: str, to: str, content: bytes, begin: Callable[[], None]) -> Answer:
        """Send a message. begin is called before the server gets it, and when it raises, the server never does."""
        if self._number >= PER_SESSION:
            self._end()
        try:
            code, said = self._addressed(sender, to)
            if code // 100 != 2:
                return _answer(code, said)
            begin()
            self._number += 1
            return self._content(content)
        except BaseException:
            # So the server does not take what was begun.
            self._drop()
            raise

    def _addressed(self, sender: str, to: str) -> tuple[int, bytes]:
        """What the server says to sender and recipient. A session that it has ended is begun again, once."""
        for last in (False, True):
            try:
                session = self._open()
                code, said = session.mail(sender)
                if code // 100 == 2:
                    code, said = session.rcpt(to)
                if code // 100 == 2:
                    return code, said
                if code != 421 or last:
                    self._end()
                    return code, said
            except (OSError, smtplib.SMTPException) as exc:
                if last:
                    raise HostError(
                        "the mail server at {0} port {1} does not answer ({2}): run again when it does".format(
                            self._host, self._port, exc
                        )
                    ) from None
            self._drop()
        raise AssertionError("unreachable")

    def _content(self, content: bytes) -> Answer:
        session = self._open()
        try:
            return _answer(*session.data(content))
        except smtplib.SMTPDataError as exc:
            # It did not want the content.
            self._end()
            error = exc.smtp_error
            return _answer(exc.smtp_code, error if isinstance(error, bytes) else str(error).encode("utf-8", "replace"))
        except (OSError, smtplib.SMTPException) as exc:
            self._drop()
            return Answer("begun", str(exc))

    def _open(self) -> smtplib.SMTP:
        if self._session is None:
            session = smtplib.SMTP(self._host, self._port, local_hostname=self._name, timeout=SECONDS)
            self._session, self._number = session, 0
            session.ehlo_or_helo_if_needed()
        return self._session

    def _end(self) -> None:
        """End the session as the server expects it."""
        try:
            if self._session is not None:
                self._session.quit()
        except (OSError, smtplib.SMTPException):
            # The server has ended it already.
            self._drop()
        self._session = None

    def _drop(self) -> None:
        if self._session is not None:
            self._session.close()
        self._session = None


def _answer(code: int, said: bytes) -> Answer:
    text = "{0} {1}".format(code, " ".join(said.decode("utf-8", "replace").split()))
    return Answer({2: "sent", 5: "refused"}.get(code // 100, "later"), text)
