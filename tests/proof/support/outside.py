# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that plays the rest of the Internet: people who write and read mail, and look at pages."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import email
import email.message
import email.policy
import email.utils
import pathlib
import re
import time
from collections.abc import Sequence
from typing import Any

from .inside import Inside, eventually

MAILBOX = "/var/mail/people"
CERTIFICATE = "/etc/ssl/fermium.pem"


@dataclasses.dataclass(frozen=True)
class Sent:
    """What the mail server answered to one message."""

    subject: str
    message_id: str
    recipients: dict[str, tuple[int, str]]
    data: tuple[int, str] | None

    @property
    def accepted(self) -> bool:
        return (
            all(code == 250 for code, _text in self.recipients.values())
            and self.data is not None
            and self.data[0] == 250
        )

    @property
    def queue_id(self) -> str:
        """The name of the message in the mail server's queue."""
        found = re.search(r"id=(\S+)", self.data[1] if self.data else "")
        assert found, self
        return found.group(1)

    @property
    def refusal(self) -> str:
        said = [f"{code} {text}" for code, text in [*self.recipients.values(), self.data or (0, "")] if code >= 400]
        return " ".join("; ".join(said).split())


@dataclasses.dataclass(frozen=True)
class Page:
    status: int
    headers: dict[str, str]
    text: str


def archived_at(message: email.message.EmailMessage) -> str:
    """Where the message says that it is in the archive."""
    return str(message["Archived-At"]).strip(" <>")


class Mailbox:
    def __init__(self, outside: Outside, address: str) -> None:
        self.outside = outside
        self.address = address

    def all(self, having: str) -> list[email.message.EmailMessage]:
        """Every message to this person, of this run, in which a word occurs."""
        raws = self.outside.ask(
            "mailbox", directory=MAILBOX, address=self.address, since=self.outside.began, having=having
        )
        return [
            email.message_from_bytes(raw.encode("utf-8", "surrogateescape"), policy=email.policy.default)
            for raw in raws
        ]

    def wait_for(self, having: str, seconds: float = 90) -> email.message.EmailMessage:
        return eventually(lambda: self.all(having), f"mail to {self.address} with {having!r}", seconds)[0]

    def has_none(self, having: str) -> bool:
        return not self.all(having)


def _said(url: str, user: str, password: str) -> str:
    """What curl is told by standard input, and nobody sees."""
    lines = [f'url = "{url}"', f'cacert = "{CERTIFICATE}"']
    if user:
        lines += ["digest", f'user = "{user}:{password}"']
    return "\n".join(lines) + "\n"


class Outside(Inside):
    def __init__(self, engine: str, container: str, mail_server: str) -> None:
        super().__init__(engine, container)
        self.mail_server = mail_server
        self.began = time.time() - 2

    def knows(self, host: str, address: str) -> None:
        """A host has an address, perhaps another than yesterday."""
        path = f"/etc/dnsmasq.names/{host}"
        names = self.ask("read", path=path).split()[1:]
        if names and self.ask("read", path=path).split()[0] != address:
            self.ask("write", path=path, text=" ".join([address, *names]) + "\n")
        eventually(
            lambda: address in self.run("getent", "hosts", names[0])["out"], f"the resolver knows {host} by {address}"
        )

    def trusts(self, certificate: str) -> None:
        """Let its clients trust a web server."""
        self.ask("write", path=CERTIFICATE, text=certificate)

    def send(
        self,
        sender: str,
        to: str | Sequence[str],
        subject: str,
        body: str = "Hello.\n",
        *,
        header_to: str | None = None,
        cc: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Sent:
        """Hand a message to the mail server as any stranger on the Internet would."""
        to = [to] if isinstance(to, str) else list(to)
        message = email.message.EmailMessage(policy=email.policy.SMTP)
        message["From"] = sender
        message["To"] = header_to or ", ".join(to)
        if cc:
            message["Cc"] = cc
        message["Subject"] = subject
        message["Date"] = email.utils.formatdate()
        message["Message-ID"] = email.utils.make_msgid(domain="mx.example.net")
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(body)
        envelope_from = email.utils.parseaddr(sender)[1]
        said = self.ask(
            "smtp", host=self.mail_server, mail_from=envelope_from, recipients=to, message=message.as_bytes().decode()
        )
        return Sent(
            subject=subject,
            message_id=message["Message-ID"],
            recipients={address: (code, text) for address, (code, text) in said["recipients"].items()},
            data=tuple(said["data"]) if said["data"] else None,
        )

    def hand_over(self, sender: str, to: str, raw: bytes) -> Sent:
        """The same with a message of any bytes, lines ending as in SMTP."""
        said = self.ask(
            "smtp",
            host=self.mail_server,
            mail_from=sender,
            recipients=[to],
            message=base64.b64encode(raw).decode(),
            encoded=True,
        )
        return Sent(
            subject="",
            message_id="",
            recipients={address: (code, text) for address, (code, text) in said["recipients"].items()},
            data=tuple(said["data"]) if said["data"] else None,
        )

    def offer(self, sender: str, recipients: Sequence[str]) -> dict[str, int]:
        """Ask the mail server whether it takes mail for some addresses, and hand over none."""
        said = self.ask("smtp", host=self.mail_server, mail_from=sender, recipients=list(recipients), message=None)
        return {address: code for address, (code, _text) in said["recipients"].items()}

    def mailbox(self, address: str) -> Mailbox:
        return Mailbox(self, address)

    def get(self, url: str, user: str = "", password: str = "") -> Page:
        """Fetch a page with curl; its certificate must be the server's own."""
        done = self.check(
            "curl",
            "--silent",
            "--show-error",
            "--include",
            "--max-time",
            "30",
            "--config",
            "-",
            stdin=_said(url, user, password),
        )
        blocks = re.split(r"\r\n\r\n", done)
        # with digest, the first answer is the challenge
        while len(blocks) > 1 and blocks[1].startswith("HTTP/"):
            blocks.pop(0)
        first, *lines = blocks[0].split("\r\n")
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in lines)}
        return Page(status=int(first.split()[1]), headers=headers, text="\r\n\r\n".join(blocks[1:]))

    def unpacked(self, url: str, user: str, password: str) -> str:
        """What a page or a download has in it, also of one that is packed."""
        fetch = "curl --silent --show-error --fail --max-time 30 --config - > /run/download && zcat -f /run/download"
        return self.check("sh", "-c", fetch, stdin=_said(url, user, password))

    def wait_for_page(self, url: str, user: str = "", password: str = "") -> Page:
        """The page, as soon as it is there."""
        pages: list[Page] = []

        def there() -> bool:
            with contextlib.suppress(AssertionError):  # a server that is just starting
                pages.append(self.get(url, user, password))
            return bool(pages) and pages[-1].status == 200

        eventually(there, f"{url} as {user or 'anybody'}")
        return pages[-1]

    def browse(
        self, url: str, screenshot: pathlib.Path, wait_for: str = "", script: str = "", width: int = 0
    ) -> dict[str, Any]:
        """Open a page in Chromium, do something there with a script, keep a picture of it."""
        seen: dict[str, Any] = self.ask("browse", seconds=240, url=url, wait_for=wait_for, script=script, width=width)
        screenshot.parent.mkdir(parents=True, exist_ok=True)
        screenshot.write_bytes(base64.b64decode(seen.pop("screenshot")))
        return seen
