# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import email
import email.policy
import re
import sys
import types
from email.message import EmailMessage

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._argspec import WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.client import HyperKitty
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote import main

# As in subjects that people pasted, and in Latin-1 that was cp1252.
BREAKS = ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\n", "\r\n "]


class Email:
    """What HyperKitty's as_message does with the headers."""

    def __init__(self, key, subject="Hello", sender_name="Alice", in_reply_to=None, content_type="text/plain"):
        self.key, self.content_type = key, content_type
        self.subject, self.sender_name, self.in_reply_to = subject, sender_name, in_reply_to
        self.message_id = "{0}@example.net".format(key)
        self.message_id_hash = "HASH{0}".format(key)

    def as_message(self):
        message = EmailMessage()
        message.set_unixfrom("From alice@example.net Fri Nov 28 12:00:00 2026")
        headers = [("From", "{0} <alice@example.net>".format(self.sender_name)), ("Subject", self.subject)]
        if self.in_reply_to:
            headers.append(("In-Reply-To", "<{0}>".format(self.in_reply_to)))
        for name, value in headers:
            message[name] = re.sub("[\r\n]", "", value)
        message.set_content("From here\n")
        message.make_mixed()
        kinds = self.content_type.split("/", 1)
        message.add_attachment(b"x", maintype=kinds[0], subtype=kinds[1], filename="a")
        return message


@pytest.fixture
def archive(monkeypatch):
    """An archive to fill, and its messages as an mbox would have them."""
    found: dict[int, Email] = {}

    class Objects:
        @staticmethod
        def filter(pk=None, **_query):
            return [found[pk]] if pk in found else []

    models = types.ModuleType("hyperkitty.models")
    models.Email = type("Email", (), {"objects": Objects})
    monkeypatch.setitem(sys.modules, "hyperkitty", types.ModuleType("hyperkitty"))
    monkeypatch.setitem(sys.modules, "hyperkitty.models", models)
    handler = main.HyperKittyHandler.__new__(main.HyperKittyHandler)

    def ask(op, **fields):
        return {"messages": list(found)} if op == "messages" else handler.mbox(fields)

    def read():
        archives = HyperKitty(WebInterface(manage=__file__))
        archives._ask = ask
        text = b"".join(archives.lines("a@l.example.org"))
        parts = re.split(rb"^From [^\n]*\n", text, flags=re.MULTILINE)[1:]
        return [email.message_from_bytes(part, policy=email.policy.default) for part in parts], archives.left_out

    return found, read


@pytest.mark.parametrize("mark", BREAKS)
@pytest.mark.parametrize("header", ["subject", "sender_name", "in_reply_to"])
def test_a_line_break_in_a_header_holds_nothing_up(archive, header, mark):
    found, read = archive
    found.update({1: Email(1), 2: Email(2, **{header: "Agenda{0}Montag".format(mark)}), 3: Email(3)})
    messages, left_out = read()
    assert len(messages) == 3 and left_out == []
    shown = {"subject": "Subject", "sender_name": "From", "in_reply_to": "In-Reply-To"}[header]
    assert re.search(r"Agenda +Montag", str(messages[1][shown]))
    assert read()[0][1].as_bytes() == messages[1].as_bytes()


def test_what_cannot_be_written_is_named_and_the_rest_is_there(archive):
    found, read = archive
    found.update({1: Email(1), 2: Email(2, content_type="nonsense"), 3: Email(3, subject="a\u2028b")})
    messages, left_out = read()
    assert [str(message["Subject"]) for message in messages] == ["Hello", "a b"]
    assert left_out == [
        {"list": "a@l.example.org", "message_id": "2@example.net", "reason": "IndexError: list index out of range"}
    ]


def test_it_is_this_that_raises():
    with pytest.raises(ValueError, match="Header values may not contain linefeed"):
        Email(1, subject="a\u2028b").as_message()


def test_the_answer_is_what_the_other_side_reads(archive):
    found, _read = archive
    found[1] = Email(1)
    handler = main.HyperKittyHandler.__new__(main.HyperKittyHandler)
    answer = handler.mbox({"messages": [1, 7]})
    assert answer["messages"] == 2 and base64.b64decode(answer["mbox"]).count(b"\n>From here") == 1
