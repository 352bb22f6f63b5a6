# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What waits in a copy of Mailman 2.1's files."""

from __future__ import annotations

import base64
import email
import email.charset
import email.header
import email.message
import os
import pickle
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import SAID
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.pending import (
    PendingHandler,
    pickled_message,
    plain_message,
)

CONFIG = {
    "host_name": "lists.example.org",
    "preferred_language": "fr",
    "volume": 3,
    "next_digest_number": 14,
    "digest_last_sent_at": 1700000000.5,
    "mime_is_default_digest": 1,
    "subscribe_policy": 3,
    "one_last_digest": {b"left@example.net": 1},
    "user_options": {b"left@example.net": 8 | 256, b"a@example.net": 4},
    "passwords": {b"a@example.net": b"secret"},
    "topics_userinterest": {b"a@example.net": [b"Roses"], b"b@example.net": []},
    "bounce_info": {},
    "members": {b"a@example.net": 0},
    "digest_members": {b"b@example.net": b"B@example.net"},
    "usernames": {},
    "language": {b"a@example.net": b"de"},
    "delivery_status": {b"b@example.net": (2, 1700000000.0)},
}


class Python2:
    """An instance as Python 2 pickles it, of a class that this Python does not have."""

    def __init__(self, **state: Any) -> None:
        self.__dict__.update(state)


@pytest.fixture(autouse=True)
def mailman() -> Iterator[None]:
    """The names of Mailman's classes, to write pickles with."""
    made = {}
    for name in ("Mailman", "Mailman.Message", "Mailman.UserDesc", "Mailman.Bouncer"):
        made[name] = sys.modules[name] = types.ModuleType(name)
    for module, name in (("Message", "Message"), ("UserDesc", "UserDesc"), ("Bouncer", "_BounceInfo")):
        kind = type(name, (Python2,), {"__module__": f"Mailman.{module}"})
        setattr(made[f"Mailman.{module}"], name, kind)
    yield
    for name in made:
        del sys.modules[name]


def python2(module: str, name: str, **state: Any) -> Any:
    return getattr(sys.modules[f"Mailman.{module}"], name)(**state)


def message(headers: list[tuple[Any, Any]], payload: Any, **more: Any) -> Any:
    state = {"_headers": headers, "_payload": payload, "preamble": None, "epilogue": None, "_unixfrom": None}
    return python2("Message", "Message", **{**state, "_charset": None, "_default_type": b"text/plain", **more})


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    make(tmp_path, "foo")
    return tmp_path


def make(folder: Path, name: str, **files: Any) -> None:
    room = folder / "lists" / name
    room.mkdir(parents=True, exist_ok=True)
    for file, content in {"config": CONFIG, **files}.items():
        (room / f"{file}.pck").write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, 2 + 1))


def waiting(folder: Path, *names: str) -> dict[str, Any]:
    return PendingHandler(str(folder), dict(SAID), "copy").waiting({"lists": list(names) or ["foo"]})


def of_foo(folder: Path) -> dict[str, Any]:
    answer = waiting(folder)
    assert not answer["unreadable"]
    found: dict[str, Any] = answer["lists"]["foo"]
    return found


def hold(file: str, subject: bytes = b"Caf\xe9", data: Any = None) -> tuple[int, Any]:
    return 1, (1700000000.0, b"a@example.net", subject, b"Post to moderated list", file.encode(), data or {})


def test_an_empty_list(copy: Path) -> None:
    found = of_foo(copy)
    assert not any(found[key] for key in ("requests", "unnamed", "confirmations", "digest", "bounces", "damaged"))
    assert found["issue"] == [3, 14, 1700000000.5] and found["host"] == "lists.example.org"
    assert found["mime_digests"] is True and found["confirms"] is True
    assert (found["passwords"], found["topics"]) == (1, 1)
    assert found["last_digests"] == [["left@example.net", True]]
    assert found["members"] == [["a@example.net", 4, False, "de"], ["b@example.net", 0, True, None]]
    assert found["language"] == "fr"


def test_members_of_a_strange_kind_stop_nothing_else(copy: Path) -> None:
    make(copy, "foo", config={**CONFIG, "members": [1]}, request={1: (3, b"old@example.net")})
    found = of_foo(copy)
    assert found["members"] == [] and len(found["requests"]) == 1
    assert "its attribute members is" in found["damaged"][0]["reason"]


def test_requests_are_read_without_passwords(copy: Path) -> None:
    held = message(
        [(b"Subject", b"Caf\xe9"), (b"Message-ID", b"<1@x>")], b"Na\xefve\n", _unixfrom=b"From a@example.net now"
    )
    (copy / "data/heldmsg-foo-1.pck").write_bytes(pickle.dumps(held, 2 + 1))
    (copy / "data/heldmsg-foo-2.txt").write_bytes(b"From b@example.net now\nSubject: x\n\nFrom here\n")
    person = (1700000000.0, b"new@example.net", b"N. \xc9w", b"secret", 1, b"fr")
    requests = {
        1: hold("heldmsg-foo-1.pck", data={b"received_time": 1699999999.0}),
        2: hold("heldmsg-foo-2.txt"),
        3: (2, person),
        4: (3, b"old@example.net"),
        5: (9, ()),
        b"version": (0, 1),
    }
    make(copy, "foo", request=requests)
    first, second, joins, leaves, unknown = of_foo(copy)["requests"]
    assert first["record"]["subject"] == "Café" and first["record"]["received"] == 1699999999.0
    assert base64.b64decode(first["message"]) == b"Subject: Caf\xe9\nMessage-ID: <1@x>\n\nNa\xefve\n"
    assert first["line"] == "From a@example.net now"
    assert base64.b64decode(second["message"]) == b"Subject: x\n\nFrom here\n"
    assert joins["record"]["password"] is None and joins["record"]["name"] == "N. Éw"
    assert leaves == {"id": 4, "kind": "unsubscriptions", "record": {"address": "old@example.net"}}
    assert unknown["kind"] == "unknown"
    assert "secret" not in str(of_foo(copy))


def test_confirmations(copy: Path) -> None:
    person = python2("UserDesc", "UserDesc", address=b"new@example.net", fullname=b"N", password=b"secret")
    bounced = message([(b"Subject", b"x")], b"")
    pending = {
        b"1" * 40: (b"S", person),
        b"2" * 40: (b"U", b"old@example.net"),
        b"3" * 40: (b"C", b"old@example.net", b"new@example.net", 1),
        b"4" * 40: (b"H", 7),
        b"5" * 40: (b"E", b"foo", b"off@example.net"),
        b"6" * 40: (b"P", b"off@example.net", bounced),
        b"7" * 40: (b"?", 1),
        b"evictions": {b"1" * 40: 1800000000.0},
        b"version": 2,
    }
    make(copy, "foo", pending=pending)
    found = {each["token"][0]: each for each in of_foo(copy)["confirmations"]}
    assert found["1"]["expires"] == 1800000000.0 and found["2"]["expires"] is None
    assert found["1"]["record"]["person"]["address"] == "new@example.net"
    assert found["3"]["record"] == {"address": "old@example.net", "new_address": "new@example.net", "everywhere": 1}
    assert found["4"]["record"] == {"request": 7}
    kinds = [
        "subscription",
        "unsubscription",
        "change_of_address",
        "held_message",
        "re_enable",
        "probe_bounce",
        "unknown",
    ]
    assert [found[str(number)]["kind"] for number in range(1, 8)] == kinds
    assert "secret" not in str(found)


def test_a_digest_in_progress_and_bounces(copy: Path) -> None:
    info = python2("Bouncer", "_BounceInfo", member=b"off@example.net", score=2.5, date=(2026, 11, 20))
    make(copy, "foo", config={**CONFIG, "bounce_info": {b"off@example.net": info}})
    one, two = b"From a@x now\nSubject: 1\n\n>From here\n\n", b"From b@x now\nSubject: 2\n\nx\n\n"
    (copy / "lists/foo/digest.mbox").write_bytes(one + two)
    found = of_foo(copy)
    assert [base64.b64decode(each) for each in found["digest"]] == [one, two]
    assert found["bounces"] == [{"address": "off@example.net", "score": 2.5, "date": [2026, 11, 20]}]


def test_files_that_no_request_names(copy: Path) -> None:
    for name in ("heldmsg-foo-1.txt", "heldmsg-foo-2.txt", "heldmsg-foo-bar-3.txt", "heldmsg-foo-1-2.txt"):
        (copy / "data" / name).write_bytes(b"Subject: x\n\n")
    make(copy, "foo", request={1: hold("heldmsg-foo-1.txt")})
    assert [each["file"] for each in of_foo(copy)["unnamed"]] == ["heldmsg-foo-2.txt"]


@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("heldmsg-foo-9.pck", "is not there"),
        ("../lists/foo/config.pck", "names no file of a held message"),
        ("heldmsg-foo-1/../../x-1.pck", "names no file of a held message"),
        ("heldmsg-foo-link-1.pck", "symbolic link"),
        ("heldmsg-foo-pipe-1.pck", "no file of Mailman's"),
        ("heldmsg-foo-bad-1.pck", "cannot be read"),
        ("heldmsg-foo-dict-1.pck", "holds no message"),
    ],
)
def test_a_held_message_that_cannot_be_read_is_named(copy: Path, file: str, fault: str) -> None:
    (copy / "data/heldmsg-foo-link-1.pck").symlink_to("/etc/passwd")
    os.mkfifo(copy / "data/heldmsg-foo-pipe-1.pck")
    (copy / "data/heldmsg-foo-bad-1.pck").write_bytes(b"\x80\x03}q\x00")
    (copy / "data/heldmsg-foo-dict-1.pck").write_bytes(pickle.dumps({}, 3))
    make(copy, "foo", request={1: hold(file), 2: (3, b"old@example.net")})
    held, other = of_foo(copy)["requests"]
    assert fault in held["fault"] and "root:" not in str(held)
    assert other["kind"] == "unsubscriptions"


class Hostile:
    def __reduce__(self) -> Any:
        return os.system, ("touch executed",)


@pytest.mark.parametrize("file", ["request", "pending"])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_hostile_file_executes_nothing_and_stops_nothing(
    copy: Path, monkeypatch: pytest.MonkeyPatch, file: str, protocol: int
) -> None:
    monkeypatch.chdir(copy)
    hostile = pickle.dumps({1: Hostile()}, protocol)
    make(copy, "foo", **{file: hostile})
    (copy / "lists/foo/digest.mbox").write_bytes(b"From a@x now\nSubject: 1\n\n")
    found = of_foo(copy)
    (damaged,) = found["damaged"]
    assert damaged["file"] == f"lists/foo/{file}.pck" and "system" in damaged["reason"]
    assert base64.b64decode(damaged["bytes"]) == hostile
    assert len(found["digest"]) == 1 and not (copy / "executed").exists()


def test_a_hostile_held_message_executes_nothing(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(copy)
    held = message([(b"Subject", Hostile())], b"x")
    (copy / "data/heldmsg-foo-1.pck").write_bytes(pickle.dumps(held, 3))
    make(copy, "foo", request={1: hold("heldmsg-foo-1.pck")})
    assert "system" in of_foo(copy)["requests"][0]["fault"] and not (copy / "executed").exists()


def test_an_unreadable_list_is_named_and_others_are_read(copy: Path) -> None:
    make(copy, "bad", config=b"junk")
    (copy / "lists/link").symlink_to(copy / "lists/foo")
    answer = waiting(copy, "bad", "foo", "nosuch", "link", "..")
    assert set(answer["lists"]) == {"foo"}
    assert set(answer["unreadable"]) == {"bad", "nosuch", "link", ".."}
    assert "has no list of this name" in answer["unreadable"]["nosuch"]


def test_a_message_in_parts_is_as_it_was() -> None:
    inner = message([(b"Subject", b"inner")], b"Inside.\n")
    parts = [
        message([(b"Content-Type", b"text/plain; charset=iso-8859-1")], b"Caf\xe9\n"),
        message([(b"Content-Type", b"message/rfc822")], [inner]),
        message([(b"Content-Type", b"application/octet-stream")], b"AAAA\n"),
    ]
    long = b"A very long subject that nobody may fold again, since it is a part of what was signed, word for word"
    headers = [(b"Subject", long), (b"Content-Type", b'multipart/mixed; boundary="=-x"'), (b"X-Raw", b"\xe9\n\tmore")]
    whole = message(headers, parts, preamble=b"This is MIME.\n", epilogue=b"")
    _line, text = pickled_message(pickle.dumps(whole, 3))
    expected = (
        b"Subject: " + long + b'\nContent-Type: multipart/mixed; boundary="=-x"\nX-Raw: \xe9\n\tmore\n\n'
        b"This is MIME.\n\n--=-x\nContent-Type: text/plain; charset=iso-8859-1\n\nCaf\xe9\n\n"
        b"--=-x\nContent-Type: message/rfc822\n\nSubject: inner\n\nInside.\n\n"
        b"--=-x\nContent-Type: application/octet-stream\n\nAAAA\n\n--=-x--\n"
    )
    assert text == expected


def test_a_message_that_handlers_changed(copy: Path) -> None:
    """Headers and charsets are instances then, also those of a Mailman 2 on Python 3."""
    header = email.header.Header("Café", "iso-8859-1")
    held = email.message.Message()
    held["Subject"] = header
    held.set_payload("Café\n", email.charset.Charset("utf-8"))
    _line, text = pickled_message(pickle.dumps(held, 2))
    parsed = email.message_from_bytes(text)
    assert str(email.header.make_header(email.header.decode_header(parsed["Subject"]))) == "Café"
    assert parsed.get_payload(decode=True) == "Café\n".encode()


def test_a_plain_message_keeps_all_but_its_envelope() -> None:
    assert plain_message(b"From a now\nSubject: x\n\nFrom b\n") == (b"From a now", b"Subject: x\n\nFrom b\n")
    assert plain_message(b"Subject: x\n\n") == (b"", b"Subject: x\n\n")
