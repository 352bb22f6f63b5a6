# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate import announcement
from ansible_collections.listops.mailman.plugins.module_utils._migrate.announcement import Places, Record

TEXTS = Path(__file__).resolve().parents[5] / "roles/migrate/files/announce"
DEV, TALK = "dev@lists.example.org", "talk@lists.example.org"
PLACES = Places(
    "https://x/{list_id}/",
    {"public": "https://x/{address}/", "private": "https://x/private/{name}/"},
    "https://x/signup/",
    "sodium",
    "post@lists.example.org",
)
TEXT = "Subject: $lists moved\n\nFrom $old:\n\n$lists\n\n$lost\n\nAccounts: $accounts. It costs $$0. Ask $contact.\n"


def a_list(saved: Any = None, **rosters: list[str]) -> dict[str, Any]:
    """A list; an address that begins with ! gets no mail because of bounces."""
    people = {
        role: {
            each.strip("!").lower(): {
                "address": each.strip("!"),
                "delivery_status": "by_bounces" if each.startswith("!") else "by_user",
            }
            for each in found
        }
        for role, found in rosters.items()
    }
    return {"rosters": people, "saved": saved, "settings": {"archive_policy": "public"}}


def told(kind: str, lists: Any, people: Any = None, but: Any = None) -> Any:
    return announcement.audience(kind, lists, people or {}, but or {})


def test_a_person_is_told_once_of_all_lists() -> None:
    lists = {
        TALK: a_list(member=["Ann@x.org", "bob@x.org"], owner=["bob@x.org"], moderator=["bob@x.org", "cy@x.org"]),
        DEV: a_list(member=["ann@x.org"]),
    }
    assert told("subscribers", lists) == ([("Ann@x.org", (DEV, TALK)), ("bob@x.org", (TALK,))], {})
    assert told("owners", lists).people == [("bob@x.org", (TALK,)), ("cy@x.org", (TALK,))]


def test_addresses_of_one_person_are_one_message_to_one_that_works() -> None:
    people = dict.fromkeys(("a1@x.org", "a2@x.org", "a3@x.org"), "user 1")
    lists = {
        DEV: a_list(member=["a1@x.org", "!a3@x.org"]),
        TALK: a_list(member=["a1@x.org", "a2@x.org", "!a3@x.org"]),
    }
    assert told("subscribers", lists, people).people == [("a1@x.org", (DEV, TALK))]
    lists = {DEV: a_list(member=["!a3@x.org"]), TALK: a_list(member=["a2@x.org", "!a3@x.org"])}
    assert told("subscribers", lists, people) == ([("a2@x.org", (DEV, TALK))], {})


def test_who_is_not_told_and_why() -> None:
    own = dict.fromkeys(announcement.own_addresses([DEV]), "a list")
    names = ["dev@lists.example.org", "Dev-Request@lists.example.org", "!gone@x.org", "a b@x.org", "ok@x.org"]
    found = told("subscribers", {TALK: a_list(member=names)}, but=own)
    assert found.people == [("ok@x.org", (TALK,))]
    assert {address: why.split()[0] for address, why in found.left_out.items()} == {
        DEV: "a",
        "Dev-Request@lists.example.org": "a",
        "gone@x.org": "its",
        "a b@x.org": "it",
    }
    closed = {TALK: a_list(saved={}, member=["ok@x.org"], owner=["own@x.org"])}
    assert told("subscribers", closed).people == [] and told("owners", closed).people == [("own@x.org", (TALK,))]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello\n\nyou\n", "owners begins with 'Hello': give a text with a first line `Subject: ...`, an empty line"),
        ("Subject: \n\nyou\n", "owners begins with 'Subject: ': give a text"),
        ("Subject: x\nyou\n", "owners begins with 'Subject: x': give a text"),
        ("Subject: x\n\n \n", "owners begins with 'Subject: x': give a text"),
        ("Subject: x\n\n$list ok\n", "owners has '$list': give $lists, $lost, $old, $accounts or $contact, or $$ for"),
        ("Subject: ${foo}\n\nok\n", "owners has '${foo}': give $lists"),
        ("Subject: x\n\n5 $ or so\n", "owners has '$': give $lists"),
    ],
)
def test_a_text_is_checked(text: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        announcement.parse("owners", text)
    assert str(caught.value).startswith(said)


def test_a_message() -> None:
    each = announcement.announcement("owners", "Ann@x.org", [TALK, DEV])
    assert each == announcement.announcement("owners", "ann@x.org", [DEV, TALK])._replace(to="Ann@x.org")
    assert each.key != announcement.announcement("subscribers", "Ann@x.org", [TALK, DEV]).key
    lost = {DEV: ["drop_cc is False: größer."], "other@x": ["no"]}
    raw = announcement.message(
        each,
        announcement.parse("owners", TEXT),
        PLACES,
        {DEV: "never", TALK: "public"},
        lost,
        "Mon, 30 Nov 2026 09:00 +0000",
    )
    assert raw.isascii() and b"\r\n" in raw and raw.count(b"\n") == raw.count(b"\r\n")
    read = email.message_from_bytes(raw, policy=default)
    assert [read[key] for key in ("From", "To", "Subject", "Auto-Submitted")] == [
        "post@lists.example.org",
        "Ann@x.org",
        f"{DEV}, {TALK} moved",
        "auto-generated",
    ]
    assert read["Message-ID"] == announcement.message_id(each, PLACES.contact)
    assert read.get_content().replace("\r\n", "\n") == (
        "From sodium:\n\n"
        f"    {DEV}\n        page:    https://x/dev.lists.example.org/\n\n"
        f"    {TALK}\n        page:    https://x/talk.lists.example.org/\n        archive: https://x/{TALK}/\n\n"
        f"    {DEV}\n      - drop_cc is False: größer.\n\n"
        "Accounts: https://x/signup/. It costs $0. Ask post@lists.example.org.\n"
    )
    raw = announcement.message(each, announcement.parse("owners", TEXT), PLACES, {DEV: "private"}, {}, "")
    text = email.message_from_bytes(raw, policy=default).get_content()
    # Of a list that was removed since, nothing is said.
    assert "    Nothing.\r\n" in text and "archive: https://x/private/dev/\r\n" in text and TALK not in text


def test_a_subject_names_a_few_lists() -> None:
    names = [f"l{number}@lists.example.org" for number in range(5)]
    text = announcement.parse("owners", TEXT)
    subjects = []
    for number in (3, 5):
        each = announcement.announcement("owners", "ann@x.org", names[:number])
        raw = announcement.message(each, text, PLACES, dict.fromkeys(names, "public"), {}, "")
        subjects.append(email.message_from_bytes(raw, policy=default)["Subject"].strip())
    assert subjects == [f"{', '.join(names[:3])} moved", f"{', '.join(names[:2])}, 3 more moved"]


def messages(*addresses: str) -> list[announcement.Announcement]:
    return [announcement.announcement("subscribers", each, [TALK]) for each in addresses]


def test_a_plan_that_was_cut_off_does_not_count() -> None:
    first = Record([])
    whole = first.plan("subscribers", [TALK], messages("a@x.org", "b@x.org"))
    for cut in range(len(whole) - 1):
        record = Record(whole[:cut].splitlines())
        assert record.messages == {} and record.unplanned("subscribers", [TALK]) == [TALK]
        again = record.plan("subscribers", [TALK], messages("b@x.org"))
        both = Record((whole[:cut] + b"\n" + again).splitlines())
        assert [each.to for each in both.messages.values()] == ["b@x.org"]
    record = Record(whole.splitlines())
    assert record.messages == first.messages and len(record.messages) == 2
    assert record.unplanned("subscribers", [TALK, DEV]) == [DEV] and record.unplanned("owners", [TALK]) == [TALK]


def test_what_became_of_each_adds_up() -> None:
    first = Record([])
    states = {"a": "sent", "b": "refused", "c": "begun", "d": "later", "e": "gone", "f": ""}
    each = dict(zip(states, messages(*(f"{name}@x.org" for name in states)), strict=True))
    written = first.plan("subscribers", [TALK], list(each.values()))
    for name, state in states.items():
        if state:
            written += first.note(each[name].key, "begun") + first.note(each[name].key, state, "550 no")
    # The last line was cut off: what it says has not begun.
    record = Record([*written.splitlines(), b'{"key": "' + each["f"].key.encode() + b'", "sta'])
    assert (
        record.sums("subscribers")
        == first.sums("subscribers")
        == {
            "found": 6,
            "sent": 1,
            "refused": 1,
            "in_doubt": 1,
            "gone": 1,
            "left": 2,
        }
    )
    assert record.sums("owners")["found"] == 0
    assert {found.to for found in record.of(["subscribers"], "left")} == {"d@x.org", "f@x.org"}
    said = list(announcement.attention(record, ["subscribers"], PLACES.contact))
    assert len(said) == 2 and each["c"].key in said[0] and "c@x.org" in said[0]
    assert said[1] == "The message to b@x.org was refused: 550 no"
    sentence = announcement.sentence("subscribers", record.sums("subscribers"), {"x@x": "why"})
    assert sentence == (
        "subscribers: of 6 messages 1 sent, 1 refused, 1 in doubt, 1 to people who left, 2 left, 1 addresses left out"
    )


def test_the_difference_is_cut() -> None:
    rows = messages("a@x.org", "b@x.org", "c@x.org")
    assert list(announcement.planned(rows, 2)) == [
        f"subscribers: a@x.org: {TALK}",
        f"subscribers: b@x.org: {TALK}",
        "... and 1 more",
    ]
    assert len(list(announcement.planned(rows, 0))) == len(list(announcement.planned(rows, 3))) == 3


@pytest.mark.parametrize("path", sorted(TEXTS.iterdir()), ids=lambda path: path.stem)
def test_the_texts_of_the_role(path: Path) -> None:
    text = announcement.parse(path.stem, path.read_text(encoding="utf-8"))
    each = announcement.announcement(path.stem.partition("-")[0], "ann@x.org", [TALK])
    raw = announcement.message(each, text, PLACES, {TALK: "public"}, {TALK: ["drop_cc is lost."]}, "")
    said = email.message_from_bytes(raw, policy=default)
    content = said.get_content()
    assert TALK in said["Subject"] and TALK in content and PLACES.contact in content and "$" not in content
    assert all(len(line) <= 78 for line in content.splitlines())
    assert ("drop_cc is lost" in content) == (path.stem == "owners-21-to-3")
    assert (PLACES.accounts in content) == (not path.stem.endswith("-21"))


def test_each_audience_has_a_text_for_each_kind_of_move() -> None:
    moves = ("21-to-21", "21-to-3", "3-to-3")
    assert {path.name for path in TEXTS.iterdir()} == {
        f"{kind}-{move}.txt" for kind in announcement.AUDIENCES for move in moves
    }
