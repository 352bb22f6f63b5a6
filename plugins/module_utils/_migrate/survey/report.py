# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person should know before lists are moved, per list and in sum, each with what to do. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import in_words
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey import forecast

# Fault of a mailbox -> what it is, of one mail and of several, and what becomes of it in HyperKitty.
FAULTS = {
    "before_first": (
        "is text before the first mail",
        "are text before the first mail",
        "it is moved if it has a header, and otherwise quarantined; remove it from the mailbox if it is no mail",
    ),
    "no_header": ("has no header", "have no header", "it is quarantined; mend it in the mailbox"),
    "no_date": (
        "has no date that can be right",
        "have no date that can be right",
        "the date of the mail beside it is taken; nothing is to be done",
    ),
    "nul": (
        "has NUL bytes",
        "have NUL bytes",
        "they are taken out; compare it with a backup, since a disk may have failed",
    ),
    "line_ends": (
        "has line ends as on Windows",
        "have line ends as on Windows",
        "they are read as others; nothing is to be done",
    ),
    "unquoted": (
        "has lines of text that begin with From",
        "have lines of text that begin with From",
        "they stay text, since no header follows; nothing is to be done",
    ),
    "cut": (
        "ends in the middle of a line",
        "end in the middle of a line",
        "it is moved as it is; compare it with a backup, since a disk may have been full",
    ),
}
_UNCHANGED = "it is moved as it is; nothing is to be done"
COUNTED = ("bytes", "mails", "twice", "same_id", "without_id")


class Target(NamedTuple):
    """unchanged: whether all files go over as they are, as to a Mailman 2.1. languages: codes that its Mailman has."""

    unchanged: bool
    languages: Sequence[str]


def row(each: Mapping[str, str], found: Mapping[str, Any], lost: Sequence[str], target: Target) -> dict[str, Any]:
    """What is known of one list.

    each: {"list": posting address here, "source": name there}. found: what the request `survey` says of it. lost: what the
    target cannot hold, in sentences.
    """
    box = found.get("mailbox") or {}
    spoken = set(found.get("languages", ()))
    made: dict[str, Any] = {
        "list": each["list"],
        "source": each["source"],
        "unreadable": found["unreadable"],
        **{key: box.get(key) for key in COUNTED},
        "faults": {
            fault: {"mails": number, "first": first} for fault, (number, first) in box.get("faults", {}).items()
        },
        "damaged": list(found.get("damaged", ())),
        "waiting": found.get("waiting"),
        "languages_lacking": sorted(spoken.difference(target.languages)),
        "texts": found.get("texts"),
        "renamed": each["list"].partition("@")[0] != each["source"],
        "lost": list(lost),
        "archived": found.get("archived"),
    }
    made["sentences"] = ["{0}: {1}.".format(each["list"], said) for said in _said(made, target)]
    return made


def _said(made: Mapping[str, Any], target: Target) -> Iterator[str]:
    if made["unreadable"]:
        yield "it cannot be read, and is not moved ({0}); restore its config.pck from a backup or from config.pck.last".format(
            made["unreadable"]
        )
        return
    if made["renamed"]:
        yield "its name on the old server is {0}, which this host cannot hold; give it as an alias".format(
            made["source"]
        )
    if made["mails"] is None and made["archived"]:
        yield (
            "it has no mailbox in the copy, so no mail of its archive is moved; if there is one, put it there, or give texts of "
            "months in migrate_public_archives"
        )
    if made["twice"]:
        yield "{0} with Message-ID and text of another one; {1}".format(
            _mails(made["twice"], "is there twice", "are there twice"),
            _UNCHANGED if target.unchanged else "moved once; nothing is to be done",
        )
    if made["same_id"]:
        yield "{0} with another text; {1}".format(
            _mails(made["same_id"], "has the Message-ID of another one", "have the Message-ID of another one"),
            _UNCHANGED if target.unchanged else "moved under a Message-ID of its own; nothing is to be done",
        )
    if made["without_id"]:
        yield "{0}; {1}".format(
            _mails(made["without_id"], "has no Message-ID", "have no Message-ID"),
            _UNCHANGED
            if target.unchanged
            else "it gets one that is made of its bytes, the same each time; nothing is to be done",
        )
    for fault, there in made["faults"].items():
        one, several, then = FAULTS[fault]
        yield "{0}, the first is number {1} of its mailbox; {2}".format(
            _mails(there["mails"], one, several), there["first"] + 1, _UNCHANGED if target.unchanged else then
        )
    for damaged in made["damaged"]:
        yield "{0} is damaged ({1}); restore it from a backup, or what it held {2}".format(
            damaged["file"], damaged["reason"], "stays damaged" if target.unchanged else "is quarantined"
        )
    if made["languages_lacking"]:
        yield "it or members of it have {0}, which this host's Mailman has not; add {1} there, or they get {2}".format(
            in_words(made["languages_lacking"]),
            "that language" if len(made["languages_lacking"]) == 1 else "these languages",
            "the language of the site",
        )


def _mails(number: int, one: str, several: str) -> str:
    return "1 mail {0}".format(one) if number == 1 else "{0:,} mails {1}".format(number, several)


def totals(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """The sums of all lists."""
    return {
        "lists": len(rows),
        **{key: sum(each[key] or 0 for each in rows) for key in (*COUNTED, "waiting", "texts")},
        "without_mailbox": sum(1 for each in rows if each["mails"] is None and each["archived"]),
        "unreadable": sum(1 for each in rows if each["unreadable"]),
        "faults": sum(fault["mails"] for each in rows for fault in each["faults"].values()),
        "damaged": sum(len(each["damaged"]) for each in rows),
        "renamed": sum(1 for each in rows if each["renamed"]),
        "languages_lacking": len({code for each in rows for code in each["languages_lacking"]}),
        "lost": sum(len(each["lost"]) for each in rows),
    }


def of_server(found: Mapping[str, Any]) -> list[str]:
    """What is to be known of the old server. found: "python3": lists that a Mailman 2 on Python 3 wrote, and see SurveyHandler.sizes."""
    said = []
    if found["python3"]:
        said.append(
            "{0:,} lists are of a Mailman 2 on Python 3: its files are read and moved as those of Mailman 2.1, and nothing is written "
            "there, so rollback is refused; to go back, open the old server by hand".format(len(found["python3"]))
        )
    if found["shared"]:
        said.append(
            "data/pending.pck has {0:,} confirmations that do not say of which list they are: they are not moved, and people ask "
            "again".format(found["shared"])
        )
    if found["shared_fault"]:
        said.append(
            "data/pending.pck is damaged ({0}): people ask again for what it held".format(found["shared_fault"])
        )
    return ["{0}.".format(each) for each in said]


def sentences(
    sums: Mapping[str, int], expected: Mapping[str, Any] | None, space: Mapping[str, int], folder: str
) -> list[str]:
    """The sums for people. expected: the forecast. space: "needed" and "free", in MB."""
    said = [
        "Lists: {lists:,}; mails: {mails:,} ({size:,} MB); waiting things: {waiting:,}; texts of their own: {texts:,}".format(
            **sums, size=forecast.megabytes(sums["bytes"])
        ),
        "Mails that are there twice: {twice:,}; with the Message-ID of another one: {same_id:,}; without one: {without_id:,}; "
        "with a fault: {faults:,}".format(**sums),
        "Lists that cannot be read: {unreadable:,}; other damaged files: {damaged:,}; names that cannot be kept: {renamed:,}; languages: "
        "{languages_lacking:,}; values without a place here: {lost:,}".format(**sums),
        "{0} has {1:,} MB of free space, and {2:,} MB are needed: {3}".format(
            folder,
            space["free"],
            space["needed"],
            "nothing is to be done" if space["free"] > space["needed"] else "make room first",
        ),
        expected["sentence"]
        if expected
        else "How long the archives take is not known: no mail could be measured, since the copy has none of a list that is moved",
    ]
    return ["{0}.".format(each) for each in said]
