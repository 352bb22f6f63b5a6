# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Mailman 2 on Python 3 (VERSION 2.2) is moved as files: its pickles, in each format that it writes, through all that reads them."""

from __future__ import annotations

import base64
import email
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

from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21, reading
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Instance, load, text
from ansible_collections.listops.mailman.plugins.module_utils._migrate.lists import declare
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting import items
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import WAITING
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from ansible_collections.listops.mailman.plugins.modules.migrate_lists import read
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.declared import vocabulary_of_mailman3
from support import recorded21

NOW = 1700000000.0
TALK = "talk@lists.example.org"
HELD = {
    1: b"From: a@example.net\nSubject: =?utf-8?q?Caf=C3=A9?=\nMessage-ID: <1@x>\n\nHi\n",
    # 8-bit headers and text, and parts
    2: b"From: a@example.net\nSubject: Caf\xe9\nContent-Type: text/plain; charset=iso-8859-1\n\nNa\xefve\n",
    3: b'From: a@x.org\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nOne.\n--b\nContent-Type: text/html\n\n<p>Two</p>\n--b--\n',
    # Python notes what is wrong with a mail as instances of email.errors
    4: b'From: a@x.org\nContent-Type: multipart/mixed; boundary="b"\n\n--b\n\nOne, without an end.\n',
}


@pytest.fixture(autouse=True)
def own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test files are this user's, who reads them as whoever runs the tests."""
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._programs.identity.reader",
        lambda folder, option: identity.Identity("tests", os.geteuid(), os.getegid(), str(folder)),
    )


@pytest.fixture(autouse=True)
def mailman() -> Iterator[None]:
    """The classes of a Mailman on Python 3: its messages are those of Python's email package."""
    kinds = {
        "Mailman.Message": type("Message", (email.message.Message,), {"__module__": "Mailman.Message"}),
        "Mailman.UserDesc": type("UserDesc", (), {"__module__": "Mailman.UserDesc"}),
        "Mailman.Bouncer": type("_BounceInfo", (), {"__module__": "Mailman.Bouncer"}),
    }
    sys.modules["Mailman"] = types.ModuleType("Mailman")
    for name, kind in kinds.items():
        sys.modules[name] = types.ModuleType(name)
        setattr(sys.modules[name], kind.__name__, kind)
    yield
    for name in ("Mailman", *kinds):
        del sys.modules[name]


def instance(module: str, name: str, **state: Any) -> Any:
    made = getattr(sys.modules[f"Mailman.{module}"], name)()
    made.__dict__.update(state)
    return made


@pytest.fixture(params=[2, 4, 5])
def state(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Its /var/lib/mailman, in a format of pickles."""

    def write(path: str, content: Any) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(pickle.dumps(content, request.param))

    bounced = instance("Bouncer", "_BounceInfo", member="zoë@example.net", score=2.0, date=(2026, 11, 20))
    people = {
        "members": {"eve@example.net": 0},
        "digest_members": {"zoë@example.net": "Zoë@example.net"},
        "usernames": {"eve@example.net": "Ève"},
        "user_options": {"eve@example.net": 4},
        "language": {"eve@example.net": "fr"},
        "delivery_status": {"zoë@example.net": (2, NOW)},
        "passwords": {"eve@example.net": "secret"},
        "bounce_info": {"zoë@example.net": bounced},
    }
    config = {
        **stock.NEW_LIST,
        **people,
        "host_name": "lists.example.org",
        "real_name": "Talk",
        "description": "Déjà vu",
        "info": "Über uns".encode("latin-1"),
        "data_version": 112,
        "owner": ["owner@example.org"],
        "header_filter_rules": [("(to|cc): .*bulk", 3, False)],
        "ban_list": [],
        "created_at": NOW,
        "last_post_time": NOW,
        "volume": 3,
        "next_digest_number": 14,
        "digest_last_sent_at": NOW,
        "one_last_digest": {},
        "topics_userinterest": {},
        # bytes have a way of their own in the formats that Python 2 knows
        "mod_password": b"",
    }
    write("lists/talk/config.pck", config)
    records: dict[Any, Any] = {"version": (0, 1)}
    for number, raw in HELD.items():
        message = email.message_from_bytes(raw, sys.modules["Mailman.Message"].Message)
        message["X-Note"] = email.header.Header("Ünïcode", "utf-8")
        message.set_unixfrom("From a@example.net Tue Nov 14 22:13:20 2023")
        write(f"data/heldmsg-talk-{number}.pck", message)
        meta = {"received_time": NOW}
        records[number] = (
            1,
            (NOW, "a@example.net", "Café", "Post to moderated list", f"heldmsg-talk-{number}.pck", meta),
        )
    records[5] = (2, (NOW, "new@example.net", "N. Éw", "secret", 0, "fr"))
    records[6] = (3, "eve@example.net")
    write("lists/talk/request.pck", records)
    person = instance(
        "UserDesc", "UserDesc", address="who@example.net", fullname="W", password="secret", digest=0, language="en"
    )
    write("lists/talk/pending.pck", {"c" * 40: ("S", person), "evictions": {"c" * 40: NOW + 1000}, "version": 2})
    return tmp_path


def test_its_lists_become_lists_of_mailman_3(state: Path) -> None:
    found = read(str(state))
    assert not found["unreadable"]
    made = declare(found, vocabulary_of_mailman3())
    (entry,) = made.entries
    assert entry["name"] == TALK and (entry["description"], entry["info"]) == ("Déjà vu", "Über uns")
    assert {rule["header"] for rule in entry["header_matches"]} == {"to", "cc"}
    roster = found["lists"][TALK]["rosters"]["member"]
    assert [(each["address"], each["display_name"]) for each in roster] == [
        ("eve@example.net", "Ève"),
        ("Zoë@example.net", ""),
    ]
    assert "eve@example.net" in str(entry["members"])
    assert any("'Zoë@example.net' is no address to Mailman 3" in said for said in made.lost[TALK])
    (spec,) = model.parse_site(made.entries)
    assert spec.name == TALK
    with CopiedMailman21(str(state)) as backend:
        assert backend._process.server_info["python3"] == ["talk"]


def text_of(value: Any, charset: str) -> Any:
    """What Python 3 pickles where Python 2 pickles bytes."""
    if isinstance(value, bytes):
        return text(value, charset)
    if isinstance(value, dict):
        return {text_of(key, charset): text_of(item, charset) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(text_of(item, charset) for item in value)
    if isinstance(value, Instance):
        return instance("Bouncer", "_BounceInfo", **text_of(value.state, charset))  # type: ignore[attr-defined]
    return value


def test_a_real_state_is_the_same_in_its_pickles(tmp_path: Path) -> None:
    sodium = recorded21.unpacked(tmp_path)
    before = declare(read(str(sodium)), vocabulary_of_mailman3())
    paths = sorted((sodium / "lists").glob("*/config.pck"))
    for number, path in enumerate(paths):
        with path.open("rb") as handle:
            config = load(handle)
        charset = stock.CHARSETS[config[b"preferred_language"].decode()]
        path.write_bytes(pickle.dumps(text_of(config, charset), 2 if number % 2 else 4))
    with CopiedMailman21(str(sodium)) as backend:
        assert len(backend._process.server_info["python3"]) == len(paths) > 10
    assert declare(read(str(sodium)), vocabulary_of_mailman3()) == before


def test_what_waits_there_waits_for_mailman_3(state: Path) -> None:
    with reading(WAITING, str(state)) as process:
        answer = process.request("waiting", lists=["talk"])
    assert not answer["unreadable"]
    found = answer["lists"]["talk"]
    assert not found["damaged"] and "secret" not in str(found)
    held = {each["id"]: each for each in found["requests"] if each["kind"] == "held"}
    for number, raw in HELD.items():
        assert "fault" not in held[number], held[number]
        head, _blank, text = raw.partition(b"\n\n")
        sent = base64.b64decode(held[number]["message"])
        note = b"\nX-Note: =?utf-8?b?w5xuw69jb2Rl?=\n\n"
        assert sent.startswith(head + note), sent
        assert number == 4 or sent == head + note + text
        assert held[number]["line"].startswith("From a@example.net")
    waits = items.waiting("talk", found, NOW).items
    kinds = sorted(item.kind for item in waits if item.outcome is None and item.kind != "options")
    assert kinds == sorted(["held"] * 4 + ["subscription", "unsubscription", "confirmation"]), waits
    assert found["bounces"][0]["score"] == 2.0


class Hostile:
    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> Any:
        return self.function, self.arguments


@pytest.mark.parametrize("encoding", ["zlib_codec", "utf-8", "idna"])
def test_bytes_are_only_what_python_pickles_as_bytes(tmp_path: Path, encoding: str) -> None:
    import _codecs

    for name, value in (("bad", Hostile(_codecs.encode, "x", encoding)), ("large", Hostile(bytes, 1 << 40))):
        (tmp_path / "lists" / name).mkdir(parents=True)
        content = {**stock.NEW_LIST, "host_name": "lists.example.org", "description": value}
        (tmp_path / "lists" / name / "config.pck").write_bytes(pickle.dumps(content, 2))
    with CopiedMailman21(str(tmp_path)) as backend:
        assert set(backend.unreadable) == {"bad", "large"}
