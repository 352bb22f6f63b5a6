# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a Mailman 2.1 is put into another one, what is refused, and what became of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import aside
from ansible_collections.listops.mailman.plugins.module_utils._migrate import place
from ansible_collections.listops.mailman.plugins.module_utils._migrate.place import Archives, FileEntry

FOLDER = "/var/lib/mailman/archives/private"
ARCHIVES = Archives(FOLDER, {"talk", "board"})
TARGET: dict[str, Any] = {
    "archives": FOLDER,
    "one_device": True,
    "version": "2.1.39",
    "data_version": 112,
    "languages": ["en", "fr"],
    "hosts": {"lists.example.org": "lists.example.org"},
}
TALK = {
    "data_version": 112,
    "available_languages": ["en"],
    "preferred_language": "fr",
    "host_name": "Lists.example.org",
    "web_page_url": "https://lists.example.org/mailman/",
}


def file(part: str, path: str, size: int = 3, time: int = 50, more: Any = 0o640) -> FileEntry:
    return FileEntry(part, path, "file", size, time, more)


def folder(part: str, path: str = "", more: Any = 0o750) -> FileEntry:
    return FileEntry(part, path, "folder", 0, 0, more)


def link(part: str, path: str, target: str) -> FileEntry:
    return FileEntry(part, path, "link", 0, 0, target)


COPY = [
    folder("pages"),
    file("pages", "index.html"),
    folder("pages", "database"),
    file("pages", "database/2017-July-date"),
    file("held", "heldmsg-talk-1.pck"),
    folder("list"),
    file("list", "config.pck"),
    folder("list", "en"),
    file("list", "en/listinfo.html"),
]


def staged_as(made: place.Staging) -> list[FileEntry]:
    """What is staged when that is done."""
    times = {entry.place: entry for entry in COPY}
    folders = [FileEntry(part, path, "folder", 0, 0, mode) for part, path, mode in made.folders]
    files = [times[part, path]._replace(more=mode) for part, path, mode in made.files]
    return folders + files + [link(*each) for each in made.links]


def test_the_first_time_everything_is_staged_with_mailmans_permissions() -> None:
    made = place.staging("talk", COPY, [], ARCHIVES)
    assert made.folders == [
        ("held", "", 0o2770),
        ("pages", "", 0o2775),
        ("pages", "database", 0o2770),
        ("list", "", 0o2775),
        ("list", "en", 0o2775),
    ]
    assert made.files == [
        ("pages", "index.html", 0o664),
        ("pages", "database/2017-July-date", 0o660),
        ("held", "heldmsg-talk-1.pck", 0o660),
        ("list", "config.pck", 0o660),
        ("list", "en/listinfo.html", 0o664),
    ]
    assert [entry.path for entry in made.wanted] == [path for _part, path, _mode in made.files]
    assert not made.gone and not made.odd and not made.nothing and made.size == 15


def test_the_second_time_nothing_is() -> None:
    staged = staged_as(place.staging("talk", COPY, [], ARCHIVES))
    made = place.staging("talk", COPY, staged, ARCHIVES)
    assert made.nothing and len(made.wanted) == 5


def test_what_a_killed_run_put_aside_there_does_not_come_along() -> None:
    assert place.ASIDE == aside.ASIDE
    spare = file("list", place.ASIDE + "config.pck.last")
    made = place.staging("talk", [*COPY, spare], [], ARCHIVES)
    assert list(made.odd) == [spare.place] and spare not in made.wanted and len(made.wanted) == 5


@pytest.mark.parametrize("change", [{"size": 4}, {"time": 51}])
def test_what_changed_is_staged_again(change: dict[str, int]) -> None:
    staged = staged_as(place.staging("talk", COPY, [], ARCHIVES))
    copy = [entry._replace(**change) if entry.path == "config.pck" else entry for entry in COPY]  # type: ignore[arg-type]
    assert place.staging("talk", copy, staged, ARCHIVES).files == [("list", "config.pck", 0o660)]


def test_other_content_of_the_same_size_and_time_is_staged_again() -> None:
    staged = staged_as(place.staging("talk", COPY, [], ARCHIVES))
    made = place.staging("talk", COPY, staged, ARCHIVES, [("list", "config.pck")])
    assert made.files == [("list", "config.pck", 0o660)]


def test_what_is_gone_there_goes_here_and_a_file_takes_the_place_of_a_folder() -> None:
    staged = [*staged_as(place.staging("talk", COPY, [], ARCHIVES)), file("pages", "old.html")]
    copy = [file("pages", "database") if entry.path == "database" else entry for entry in COPY]
    made = place.staging("talk", [entry for entry in copy if "/2017" not in entry.path], staged, ARCHIVES)
    assert set(made.gone) == {("pages", "old.html"), ("pages", "database"), ("pages", "database/2017-July-date")}
    assert made.files == [("pages", "database", 0o660)]


@pytest.mark.parametrize(
    ("entry", "target"),
    [
        (link("mbox", "old.mbox", "talk.mbox"), "talk.mbox"),
        (link("mbox", "old.mbox", "/rsyncd-munged/talk.mbox"), "talk.mbox"),
        (link("pages", "2017/attachments", "../attachments/x"), "../attachments/x"),
        (link("pages", "formerly", "/rsyncd-munged/../formerly"), "../formerly"),
        (link("pages", "x", f"{FOLDER}/talk/y"), f"{FOLDER}/talk/y"),
        # a former name of a list
        (link("pages", "", "/rsyncd-munged/board"), "board"),
    ],
)
def test_links_in_archives_lead_where_they_did(entry: FileEntry, target: str) -> None:
    made = place.staging("talk", [entry], [], ARCHIVES)
    assert made.links == [(entry.part, entry.path, target)] and made.wanted == [entry]
    assert place.staging("talk", [entry], [entry._replace(more=target)], ARCHIVES).nothing


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (link("pages", "x", "/rsyncd-munged//etc/passwd"), "it is a link to /etc/passwd, which is not in an archive"),
        (link("pages", "x", "../../../data/adm.pw"), "it is a link to ../../../data/adm.pw, which is not in an archive"),
        (link("pages", "x", f"{FOLDER}/../../data"), f"it is a link to {FOLDER}/../../data, which is not in an archive"),
        (link("pages", "x", ".."), "it is a link to .., which is not in an archive"),
        (link("pages", "x", "../board"), "it is a link into the archive of the list board, which has readers of its own"),
        (link("pages", "x", f"{FOLDER}/board.mbox/x"), "it is a link into the archive of the list board, which has readers of its own"),
        (link("list", "config.pck", "other"), "it is a link to other, where Mailman keeps a file"),
        (FileEntry("pages", "x", "other", 0, 0, 0), "it is neither a file nor a link"),
    ],
)  # fmt: skip
def test_what_is_not_mailmans_is_quarantined(entry: FileEntry, reason: str) -> None:
    made = place.staging("talk", [entry], [entry], ARCHIVES)
    assert made.odd == {entry.place: reason}
    assert made.gone == [entry.place] and not made.wanted and not made.links


# ---- refusals


def test_a_list_that_fits_is_not_refused() -> None:
    assert place.refusals({"talk": TALK}, TARGET, "/var/lib/mailman", "2.1.39") == []
    assert place.refusals({"talk": TALK}, TARGET, "/var/lib/mailman", "") == []
    assert place.named({"talk": TALK}, TARGET, "2.1.39", False, 0) == [
        "the passwords of the site and of list creators stay those of this host"
    ]


@pytest.mark.parametrize(
    ("attributes", "target", "version", "said"),
    [
        ({}, {"archives": "/srv/private"}, "", "the archives of the old server are in /var/lib/mailman/archives/private, and those"),
        ({}, {"one_device": False}, "", "the folders data and lists of this host's Mailman are on two disks: "),
        ({}, {}, "2.2.0", "the old server has Mailman 2.2.0: give one with Mailman 2.1"),
        ({"data_version": 113}, {}, "", "list talk has the format 113 of a newer Mailman, and this host's Mailman 2.1.39 knows 112: "),
        ({"available_languages": ["ja", "de"]}, {}, "", "list talk speaks de and ja, which this host's Mailman does not: add them"),
        ({"preferred_language": "ja"}, {}, "", "list talk speaks ja, which this host's Mailman does not: add it to"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(attributes: Any, target: Any, version: str, said: str) -> None:
    lists = {"talk": {**TALK, **attributes}}
    (sentence,) = place.refusals(lists, {**TARGET, **target}, "/var/lib/mailman", version)
    assert sentence.startswith(said)


def test_files_of_a_mailman_on_python_3_are_refused_here() -> None:
    assert place.refusals({"talk": TALK}, TARGET, "/var/lib/mailman", "", []) == []
    (said,) = place.refusals({}, TARGET, "/var/lib/mailman", "", ["talk"])
    assert said.startswith("the old server has a Mailman 2 on Python 3") and said.endswith("give a host with Mailman 3")


def test_what_a_person_should_know_is_named() -> None:
    odd = {**TALK, "host_name": "old.example.org", "web_page_url": "http://www.example.org:8080/mailman/"}
    said = place.named({"talk": TALK, "odd": odd}, TARGET, "2.1.29", True, 3)
    assert said[0] == "the old server has Mailman 2.1.29, and this host 2.1.39"
    assert said[1].startswith("lists have their mail at old.example.org, which")
    assert said[2].startswith("lists have their pages at www.example.org, which")
    assert said[3].startswith("the site list stays")
    assert said[4].startswith("3 messages that the old Mailman could not handle")


@pytest.mark.parametrize(("said", "version"), [("0x20127f0\n", "2.1.39"), ("", ""), ("x", ""), ("0x2020000", "2.2.0")])
def test_mailman_writes_its_version_down(said: str, version: str) -> None:
    assert place.version_of(said) == version


def test_what_is_here_already_is_taken_unless_it_was_moved_here() -> None:
    there = {"list": True, "archive": []}
    archive = {"list": False, "archive": ["pages"]}
    nothing = {"list": False, "archive": []}
    found = {"talk": there, "board": archive, "gone": archive, "new": nothing}
    lists = {"talk@x.org": "talk", "board@x.org": "board", "new@x.org": "new"}
    assert place.taken(lists, ["gone"], found, []) == ["board@x.org", "gone", "talk@x.org"]
    assert place.taken(lists, ["gone"], found, ["talk@x.org", "gone"]) == ["board@x.org"]


# ---- the account


def test_each_file_is_accounted_for() -> None:
    copy = [*COPY[:2], link("pages", "x", "/etc/passwd"), link("pages", "y", "index.html"), file("list", "config.pck")]
    made = place.staging("talk", copy, [], ARCHIVES)
    hashes = {("pages", "index.html"): "a", ("list", "config.pck"): "b"}
    lines = list(place.file_lines("talk", made, hashes, {**hashes, ("list", "config.pck"): "c"}))
    assert [(line["path"], line["state"]) for line in lines] == [
        ("archives/private/talk/index.html", "moved"),
        ("archives/private/talk/y", "moved"),
        ("lists/talk/config.pck", "differs"),
        ("archives/private/talk/x", "quarantined"),
    ]
    assert lines[0]["sha256"] == "a" and lines[1]["link"] and "/etc/passwd" in lines[3]["reason"]


def test_a_file_that_could_not_be_read_was_not_moved() -> None:
    made = place.staging("talk", [file("list", "config.pck")], [], ARCHIVES)
    (line,) = place.file_lines("talk", made, {}, {})
    assert line["state"] == "differs"


def test_each_mail_is_accounted_for() -> None:
    assert [line["state"] for line in place.mail_lines(["a", "b", "c"], ["a", "x"])] == ["moved", "differs", "differs"]


def test_what_waits_is_moved_with_its_files() -> None:
    found = {
        "requests": [
            {"id": 1, "kind": "held", "record": {"file": "heldmsg-talk-1.pck"}, "message": "x"},
            {"id": 2, "kind": "held", "record": {"file": "heldmsg-talk-2.pck"}, "fault": "it is not there"},
            {"id": 3, "kind": "subscriptions", "record": {}},
        ],
        "unnamed": [{"file": "heldmsg-talk-9.pck"}],
        "confirmations": [{"token": "secret", "kind": "subscription"}],
        "digest": ["x", "y"],
    }
    everything = {
        ("list", "request.pck"), ("list", "pending.pck"), ("list", "digest.mbox"), ("held", "heldmsg-talk-1.pck"),
        ("held", "heldmsg-talk-9.pck"),
    }  # fmt: skip
    lines = list(place.waiting_lines(found, everything))
    assert len(lines) == 7 and {line["state"] for line in lines} == {"moved"}
    assert "secret" not in str(lines)
    without = list(place.waiting_lines(found, everything - {("held", "heldmsg-talk-1.pck")}))
    assert [line["key"] for line in without if line["state"] != "moved"] == ["held 1"]


@pytest.mark.parametrize(
    ("part", "path", "value", "time", "state"),
    [
        ("list", "config.pck", "a", 50, "same"),
        ("list", "config.pck", "b", 100, "changed"),
        ("list", "config.pck", "b", 50, "damaged"),
        ("list", "config.pck", None, None, "damaged"),
        ("list", "config.pck.last", "b", 50, "changed"),
        ("list", "digest.mbox", None, None, "changed"),
        ("held", "heldmsg-talk-1.pck", None, None, "changed"),
        ("held", "heldmsg-talk-1.pck", "b", 50, "damaged"),
        ("pages", "000001.html", None, None, "damaged"),
        ("mbox", "talk.mbox", "b", 101, "changed"),
    ],
)
def test_what_people_changed_is_told_from_damage(
    part: str, path: str, value: str | None, time: int | None, state: str
) -> None:
    line = {"part": part, "file": path, "sha256": "a", "state": "moved"}
    entry = None if time is None else file(part, path, time=time)
    assert place.judge(line, entry, value, 100.7) == state


def test_a_link_stays_a_link() -> None:
    line = {"part": "pages", "file": "x", "link": True}
    assert place.judge(line, link("pages", "x", "y"), None, 0) == "same"
    assert place.judge(line, None, None, 0) == place.judge(line, file("pages", "x"), "a", 0) == "damaged"


def test_readings_are_compared() -> None:
    before = {"attributes": {"a": 1, "b": 2}, "members": [["x"], ["y"]], "saved": None, "texts": {}}
    assert place.differences(before, {**before, "members": [["y"], ["x"]]}) == []
    after = {"attributes": {"a": 1, "b": 3}, "members": [["x"]], "saved": None, "texts": {"en": {}}}
    assert place.differences(before, after) == ["b", "members", "texts"]
