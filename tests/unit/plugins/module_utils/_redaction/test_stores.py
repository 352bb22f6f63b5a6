# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A redaction of copies in several stores, interrupted at each of its steps."""

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._redaction import escrow, request
from ansible_collections.listops.mailman.plugins.module_utils._redaction.stores import MessageStore, Stores
from ansible_collections.listops.mailman.plugins.modules import mailman_redact

LIST, IDENT = "a@lists.example.org", "one@example.net"
ASKED = {
    "list": LIST,
    "domain": None,
    "message_id": "<{0}>".format(IDENT),
    "url": None,
    "reason": "court order",
    "replacement": "Removed.",
    "subject": None,
    "sender": "Removed <removed@example.org>",
    "by": "root",
}


class Killed(BaseException):
    pass


class Host:
    """steps: what is changed; kill: the number of the step before which all ends."""

    def __init__(self):
        self.places = {"archive": ["page", "mbox"], "core": ["digest"]}
        self.begin()

    def begin(self, kill=None):
        self.steps, self.kill = [], kill

    def step(self, *what):
        if len(self.steps) == self.kill:
            raise Killed
        self.steps.append(what)


class Store:
    def __init__(self, host, name):
        self.host, self.name = host, name
        self.archive = name == "archive"

    def look(self, asked, *, originals=False):
        found = {"message_id": IDENT, "url": None, "replies": 0} if self.name == "archive" else None
        places = [{"place": place, "what": ["message"]} for place in self.host.places[self.name]]
        kept = [[self.name + ".eml", "YQ=="]] if originals and places else []
        return {"found": found, "places": places, "originals": kept, "cached_in_processes": True}

    def redact(self, asked):
        while self.host.places[self.name]:
            self.host.step("redact", self.name, self.host.places[self.name][-1])
            self.host.places[self.name].pop()


@pytest.fixture
def redact(monkeypatch, tmp_path):
    host = Host()
    options = mailman_redact.Options(
        domain=None,
        log=str(tmp_path / "log"),
        escrow_key="key",
        escrow_directory=str(tmp_path / "escrow"),
        web_service="mailman3-web",
    )
    note = mailman_redact.note

    def seal(_key, data, path):
        host.step("seal")
        (tmp_path / "escrow").mkdir(exist_ok=True)
        with open(path, "wb") as handle:
            handle.write(data)

    def noted(path, line):
        host.step("note", "begun" if '"begun"' in line else "done")
        note(path, line)

    monkeypatch.setattr(escrow, "seal", seal)
    monkeypatch.setattr(mailman_redact, "note", noted)
    monkeypatch.setattr(mailman_redact, "systemctl", host.step)

    def run(stores=None, **more):
        there = Stores(["lists.example.org"], stores or [Store(host, "archive"), Store(host, "core")])
        work = mailman_redact.Work(there, request.asked({**ASKED, **more}), options)
        result = work.result()
        if result["changed"]:
            work.apply()
        return result

    return host, run


def test_the_primary_archive_is_last_since_the_others_are_found_by_it(redact):
    host, run = redact
    assert run()["changed"]
    assert host.steps == [
        ("seal",),
        ("note", "begun"),
        ("redact", "core", "digest"),
        ("redact", "archive", "mbox"),
        ("redact", "archive", "page"),
        ("try-restart", "mailman3-web"),
        ("note", "done"),
    ]
    host.begin()
    assert not run()["changed"] and host.steps == []


@pytest.mark.parametrize("kill", range(7))
def test_what_is_interrupted_is_finished_and_the_original_is_never_lost(redact, kill, tmp_path):
    host, run = redact
    host.begin(kill)
    with pytest.raises(Killed):
        run()
    # nothing is replaced that is not sealed and noted
    assert all(step in host.steps for step in (("seal",), ("note", "begun"))) or kill < 2
    host.begin()
    assert run()["changed"]
    assert not any(host.places.values()) and host.steps[-1] == ("note", "done")
    (sealed,) = (tmp_path / "escrow").iterdir()
    assert sealed.read_bytes()
    host.begin()
    assert not run()["changed"] and host.steps == []


class Process:
    def __init__(self):
        self.asked = []

    def request(self, op, **fields):
        self.asked.append((op, fields))
        return {}


def test_a_store_is_asked_by_the_name_that_it_has_for_the_list():
    process = Process()
    store = MessageStore(process, {LIST: "A"}.__getitem__)
    store.look({"list": LIST}, originals=True)
    store.redact({"list": LIST})
    assert process.asked == [("look_message", {"list": "A", "originals": True}), ("redact_message", {"list": "A"})]


def test_a_message_that_is_not_there_is_said(redact, monkeypatch):
    _host, run = redact
    monkeypatch.setattr(Store, "look", lambda *_asked, **_options: {"found": None, "places": []})
    with pytest.raises(Invalid, match="<one@example.net> is not in the archive of a@lists.example.org"):
        run()


class Nothing:
    """An archive that has no message."""

    archive = True

    def __init__(self):
        self.asked = []

    def look(self, asked, *, originals=False):
        self.asked.append((asked["message_id"], asked["page"]))
        return {"found": None, "places": [], "originals": []}

    def redact(self, asked):
        pass


class Left(Store):
    """What a migration left. It has the page of a message, which says its Message-ID."""

    def look(self, asked, *, originals=False):
        return {**super().look(asked, originals=originals), "left": ["/copy/a.pck: it cannot be edited\x1b[2J"]}


def test_a_message_that_only_a_migration_left_is_found_by_its_old_page(redact):
    host, run = redact
    nothing = Nothing()
    url = "https://lists.example.org/pipermail/a/2010-January/000001.html"
    result = run([nothing, Left(host, "archive")], list=LIST, message_id=None, url=url)
    # first by its page, then by what that says
    page = ["2010-January", "000001.html"]
    assert nothing.asked[:2] == [(None, page), (IDENT, page)]
    assert result["message"]["message_id"] == IDENT and [each["place"] for each in result["places"]] == ["page", "mbox"]
    (said,) = result["not_redacted"]
    assert said.startswith("/copy/a.pck: it cannot be edited") and "\x1b" not in said
    assert host.places["archive"] == [] and host.steps[-1] == ("note", "done")


def test_what_is_nowhere_is_refused_with_what_is_known(redact):
    _host, run = redact
    archive = Nothing()
    archive.look = lambda *_asked, **_options: {"found": None, "places": [], "left": ["/old/1.html: no Message-ID"]}
    with pytest.raises(Invalid, match="is not in the archive of a@lists.example.org; /old/1.html: no Message-ID"):
        run([Nothing(), archive])
