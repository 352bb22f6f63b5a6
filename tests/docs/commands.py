# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that documents tell people to run, and the files that they tell people to write. Pure.

Commands are the lines of blocks marked `sh`, those after a `$` in blocks marked `console`, indented blocks, and code in a
line that begins with the name of a program. A block whose first line is a comment with a path is that file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PROGRAMS = (
    "ansible|ansible-builder|ansible-galaxy|ansible-navigator|ansible-playbook|ansible-vault|borg|cat|cd|cp|exigrep|exim4|gpg|install|journalctl|"
    "mailman-web|make|molecule|openssl|pip|podman|ps|python3|restic|rm|runuser|sha256sum|spamc|ss|systemctl|tail|tar|xargs"
)
START = re.compile(rf"(?:{PROGRAMS}|/usr/\S+|[.]venv/\S+|[.] )(?: |$)")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\.?/?\w[\w.-]*(?:/[\w.-]+)+|\w+\.[a-z]+)[^\n]*\n")


@dataclass(frozen=True)
class Command:
    text: str
    # whether it stands alone on a line, or within a sentence
    block: bool

    @property
    def program(self) -> str:
        return self.text.split()[0]


def joined(block: str) -> list[str]:
    """The lines of a block, each with those that a backslash continues."""
    return [line.strip() for line in re.sub(r" *\\\n\s*", " ", block).splitlines() if line.strip()]


def uncommented(line: str) -> str:
    return re.sub(r"\s{2,}# .*$", "", line)


def commands(text: str) -> list[Command]:
    """The commands of a document in Markdown, in their order but for those in sentences, which come last."""
    found: list[Command] = []
    for kind, block in BLOCK.findall(text):
        lines = joined(block)
        if kind == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        if kind in ("console", "sh"):
            found += [Command(uncommented(line), True) for line in lines if not line.startswith("#")]
    rest = BLOCK.sub("", text)
    indented = re.findall(r"(?:^|\n\n)((?:    .*\n?)+)", rest)
    for block in indented:
        found += [Command(uncommented(line), True) for line in joined(block) if START.match(line)]
        rest = rest.replace(block, "")
    for span in SPAN.findall(rest):
        # in a table, a bar is written with a backslash
        words = re.sub(r"\s+", " ", span.replace("\\|", "|"))
        if START.match(words) and " " in words:
            found.append(Command(words, False))
    return found


def files(text: str) -> dict[str, str]:
    """The files that a document shows whole, by their paths."""
    found = {}
    for _kind, block in BLOCK.findall(text):
        name = FILE.match(block)
        if name:
            found[name[1]] = block
    return found
