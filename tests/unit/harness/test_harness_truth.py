# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What make test-truth compares, on a list made up here."""

from __future__ import annotations

import importlib.util
import pickle
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files

spec = importlib.util.spec_from_file_location("compare", Path(__file__).parents[2] / "truth/compare.py")
assert spec and spec.loader
compare = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compare)

HELD = range(1, 13)


def record(number: int) -> tuple[Any, ...]:
    file = b"heldmsg-x-%d.pck" % number
    return (1, (1.0, b"a@example.org", b"Subject %d" % number, b"why", file, {b"listname": b"x"}))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "lists/x"
    folder.mkdir(parents=True)
    mappings = ("members", "digest_members", "usernames", "user_options", "language", "delivery_status", "passwords")
    config: dict[bytes, Any] = {name.encode(): {} for name in (*mappings, "topics_userinterest", "bounce_info")}
    config.update({b"preferred_language": b"en", b"description": b"x", b"password": b"y"})
    (folder / "config.pck").write_bytes(pickle.dumps(config, protocol=3))
    requests: dict[Any, Any] = {number: record(number) for number in HELD}
    requests[b"version"] = (0, 1)
    (folder / "request.pck").write_bytes(pickle.dumps(requests, protocol=3))
    return Files(str(tmp_path / "lists"), str(tmp_path), {"en": "us-ascii"})


def truth(**more: Any) -> dict[str, Any]:
    held = [
        {"id": number, "subject": f"Subject {number}", "msgdata_listname": "x", "file": f"heldmsg-x-{number}.pck"}
        for number in HELD
    ]
    told: dict[str, Any] = {
        "charset": "us-ascii",
        "config": {"preferred_language": "en", "description": "x"},
        "members": {},
        "held": held,
        "held_subscriptions": [],
        "held_unsubscriptions": [],
    }
    return dict(told, **more)


def differing(files: Files, told: dict[str, Any]) -> list[str]:
    return [path for path, _read, _told, same in compare.compare_list("x", told, files) if not same]


def test_held_messages_are_paired_by_their_numbers_however_many_there_are(files: Files) -> None:
    assert [row["id"] for row in files.requests("x")["held"]] == list(HELD)
    assert differing(files, truth()) == []
    assert differing(files, truth(held=truth()["held"][::-1])) == []


def test_a_held_message_more_or_less_is_said(files: Files) -> None:
    assert differing(files, truth(held=truth()["held"][:-1])) == ["x: numbers of held"]
    assert differing(files, truth(held=[*truth()["held"], {"id": 13}])) == ["x: numbers of held"]


def test_a_setting_that_was_not_read_is_no_none(files: Files) -> None:
    assert differing(files, truth(config={"preferred_language": "en", "no_such": None})) == ["x: no_such"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"subscribers": None}, "'subscribers' of x,"),
        ({"held": [{"id": 1, "colour": None}]}, "'colour' of x held 1,"),
        ({"held_unsubscriptions": [{"id": 1, "colour": None}]}, None),
        ({"counts": {"regular": 0, "banned": None}}, "'banned' of x counts,"),
        ({"members": {"a@example.org": {"colour": None}}}, "'colour' of x a@example.org,"),
    ],
)
def test_a_column_that_nothing_compares_is_an_error(files: Files, more: dict[str, Any], said: str | None) -> None:
    if said is None:
        assert differing(files, truth(**more)) == ["x: numbers of unsubscriptions"]
        return
    with pytest.raises(SystemExit, match=said):
        differing(files, truth(**more))
