# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is counted before lists are moved, through the process that reads a copy."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import reading
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.program import SURVEY
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from support import recorded21

LINE = b"From a@example.net Mon Jan  4 10:00:00 2010\n"


@pytest.fixture(autouse=True)
def own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test files are this user's, who reads them as whoever runs the tests."""
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._programs.identity.reader",
        lambda folder, option: identity.Identity("tests", os.geteuid(), os.getegid(), str(folder)),
    )


def survey(folder: Path, name: str, number: int = 0) -> dict[str, Any]:
    with reading(SURVEY, str(folder)) as process:
        return dict(process.request("survey", name=name, number=number))


def make(folder: Path, name: str = "talk", mbox: bytes | None = None, **more: Any) -> Path:
    config = {
        **stock.NEW_LIST,
        **{
            key: {} for key in ("members", "digest_members", "usernames", "user_options", "language", "delivery_status")
        },
        "host_name": "lists.example.org",
        "preferred_language": "en",
        **more,
    }
    (folder / "lists" / name).mkdir(parents=True)
    (folder / "lists" / name / "config.pck").write_bytes(pickle.dumps(config, 2))
    if mbox is not None:
        path = folder / f"archives/private/{name}.mbox/{name}.mbox"
        path.parent.mkdir(parents=True)
        path.write_bytes(mbox)
    return folder


def mail(head: bytes = b"", text: bytes = b"text\n", line: bytes = LINE) -> bytes:
    return line + b"Date: Mon, 04 Jan 2010 10:00:00 +0000\n" + head + b"\n" + text + b"\n"


def test_a_real_state_is_counted(tmp_path: Path) -> None:
    sodium = recorded21.unpacked(tmp_path)
    with reading(SURVEY, str(sodium)) as process:
        names = sorted(process.server_info["lists"])
        sizes = process.request("sizes", names=names)["mailboxes"]
        found = {name: process.request("survey", name=name, number=10) for name in names}
    mails = {name: each["mailbox"]["mails"] for name, each in found.items() if each["mailbox"]}
    assert sum(mails.values()) > 500 and {name for name, size in sizes.items() if size is not None} == set(mails)
    assert sum(each["waiting"] for each in found.values()) >= 11
    assert not any(each["unreadable"] or each["damaged"] for each in found.values())
    for each in found.values():
        if each["mailbox"]:
            assert len(each["mailbox"]["sample"]) == min(10, each["mailbox"]["mails"] - each["mailbox"]["twice"])


def test_faults_and_message_ids_are_counted(tmp_path: Path) -> None:
    mbox = b"".join(
        [
            b"something\n\n",
            mail(b"Message-ID: <a@x>\n"),
            mail(b"Message-ID: <a@x>\n"),
            mail(b"Message-ID: <a@x>\n", b"another\n"),
            mail(b"Subject: one\n", b"\nFrom here on\n"),
            mail(b"Message-ID: <b@x>\n", b"\0"),
            mail(b"Message-ID: <c@x>\n").replace(b"\n", b"\r\n"),
            LINE.replace(b"2010", b"1970") + b"Message-ID: <d@x>\n\ntext",
        ]
    )
    box = survey(make(tmp_path, mbox=mbox), "talk")["mailbox"]
    assert (box["bytes"], box["mails"], box["twice"], box["same_id"], box["without_id"]) == (len(mbox), 8, 1, 1, 2)
    assert box["faults"] == {
        "before_first": [1, 0],
        "no_date": [2, 0],
        "unquoted": [1, 4],
        "nul": [1, 5],
        "line_ends": [1, 6],
        "cut": [1, 7],
    }


def test_the_sample_is_from_all_over_the_mailbox_and_bounded(tmp_path: Path) -> None:
    folder = make(tmp_path, mbox=b"".join(mail(b"Message-ID: <%d@x>\n" % at) for at in range(100)))
    sample = survey(folder, "talk", 4)["mailbox"]["sample"]
    assert [position for position, *_more in sample] == [0, 25, 50, 75]
    (_position, (offset, size), message_id, arrived) = sample[1]
    content = (folder / "archives/private/talk.mbox/talk.mbox").read_bytes()
    assert content[offset : offset + size] == mail(b"Message-ID: <25@x>\n")
    assert (message_id, arrived) == ("25@x", 1262599200)
    assert len(survey(folder, "talk", 1000)["mailbox"]["sample"]) == 100


def test_damaged_files_are_named(tmp_path: Path) -> None:
    make(tmp_path, language={"a@x.org": "fr"}, members={"a@x.org": 0}, archive=False)
    (tmp_path / "lists/talk/request.pck").write_bytes(b"junk")
    (tmp_path / "lists/talk/fr").mkdir()
    (tmp_path / "lists/talk/fr/help.txt").write_text("x")
    found = survey(tmp_path, "talk")
    assert found["languages"] == ["en", "fr"] and found["texts"] == 1 and found["waiting"] == 0
    assert found["mailbox"] is None and found["archived"] is False
    ((damaged),) = found["damaged"]
    assert damaged["file"] == "lists/talk/request.pck" and "UnpicklingError" in damaged["reason"]
    (tmp_path / "lists/talk/config.pck").write_bytes(b"junk")
    assert survey(tmp_path, "talk")["unreadable"].startswith("list talk: ")


def test_a_mailbox_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    make(tmp_path, mbox=b"")
    path = tmp_path / "archives/private/talk.mbox/talk.mbox"
    path.unlink()
    path.symlink_to("/etc/passwd")
    with pytest.raises(HostError, match="list talk: its mailbox cannot be read"):
        survey(tmp_path, "talk")


def test_confirmations_of_no_list_are_counted(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / "data").mkdir()
    with reading(SURVEY, str(tmp_path)) as process:
        assert process.request("sizes", names=[]) == {"mailboxes": {}, "shared": 0, "shared_fault": None}
        pending = {"1" * 40: ("U", "a@x.org"), "evictions": {}, "version": 2}
        (tmp_path / "data/pending.pck").write_bytes(pickle.dumps(pending, 2))
        assert process.request("sizes", names=[])["shared"] == 1
        (tmp_path / "data/pending.pck").write_bytes(b"junk")
        assert "UnpicklingError" in process.request("sizes", names=[])["shared_fault"]
