# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was recorded on a real Mailman 2.1.39 is so here, too: see the head of facts/*.txt."""

from __future__ import annotations

import dataclasses
import pathlib
import re
from collections.abc import Iterator

import pytest

from mailman21 import Mailman21

FACTS = sorted((pathlib.Path(__file__).parent / "facts").glob("*.txt"))


@dataclasses.dataclass(frozen=True)
class Fact:
    scenario: str
    number: int
    command: str
    said: str
    status: int
    names: tuple[str, ...]


def read(path: pathlib.Path) -> list[Fact]:
    text = path.read_text(encoding="utf-8")
    names = re.search(r"^# Lists: (.*)$", text, re.MULTILINE)
    assert names, path
    blocks = re.findall(r"^\$ (.*)\n((?:.*\n)*?)-- rc=(\d+)\n", text, re.MULTILINE)
    return [
        Fact(path.stem, number, command, said, int(status), tuple(names.group(1).split()))
        for number, (command, said, status) in enumerate(blocks, 1)
    ]


EVERY = [fact for path in FACTS for fact in read(path)]


def renamed(text: str, names: tuple[str, ...], prefix: str) -> str:
    """The recording's lists get names of this run, in the same case."""

    def one(match: re.Match[str]) -> str:
        word = match.group()
        new = prefix + word.lower()
        return new.upper() if word.isupper() else new.capitalize() if word[0].isupper() else new

    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"\b(?:{words})\b", one, text, flags=re.IGNORECASE) if words else text


def pattern(said: str) -> str:
    text = re.escape(said)
    text = text.replace(re.escape("[usage]\n"), r"(?:.*\n)*?")
    return text.replace(re.escape("[traceback]\n"), r"Traceback \(most recent call last\):\n(?:  .*\n)*")


@pytest.fixture(scope="module", autouse=True)
def site_passwords(host: Mailman21) -> Iterator[None]:
    """Afterwards the site's passwords are what they were."""
    with host.kept("data/adm.pw", "data/creator.pw"):
        yield


@pytest.mark.parametrize("fact", EVERY, ids=lambda fact: f"{fact.scenario}-{fact.number}")
def test_fact(host: Mailman21, fact: Fact) -> None:
    prefix = host.prefix + fact.scenario.replace("_", "")
    done = host.shell(renamed(fact.command, fact.names, prefix))
    expected = renamed(fact.said, fact.names, prefix)
    assert re.fullmatch(pattern(expected), done["out"]), f"\nrecorded:\n{expected}\nsaid:\n{done['out']}"
    assert done["rc"] == fact.status
