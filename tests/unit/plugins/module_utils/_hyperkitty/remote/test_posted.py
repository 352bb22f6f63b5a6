# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages of HyperKitty as mails."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.posted import mail_of


class Row:
    """As HyperKitty's model writes a message."""

    def __init__(self, content: str, attachments: int = 0) -> None:
        self.subject, self.sender_name, self.in_reply_to = "Two\nlines", "A", None
        self.message_id_hash = "HASH"
        self._content, self._attachments = content, attachments

    def as_message(self) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["Subject"] = "a@example.org", self.subject
        message.set_content(self._content, subtype="plain")
        message.make_mixed()
        for number in range(self._attachments):
            message.add_attachment(b"bytes", maintype="image", subtype="png", filename=f"{number}.png")
        return message


def read(row: Row) -> EmailMessage:
    found = email.message_from_bytes(mail_of(row), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_a_message_without_attachments_has_no_parts() -> None:
    found = read(Row("Grüße.\nFrom here on\n"))
    assert found.get_content_type() == "text/plain" and not found.is_multipart()
    assert found.get_content() == "Grüße.\nFrom here on\n"
    assert found["Subject"] == "Two lines" and len(found.get_all("Content-Type", [])) == 1


def test_attachments_are_parts_and_it_is_the_same_each_time() -> None:
    row = Row("Hello.\n", attachments=2)
    assert mail_of(row) == mail_of(row)
    assert [part.get_content_type() for part in read(row).iter_attachments()] == ["image/png", "image/png"]
