# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the playbooks, docs/playbooks.md, from their own comments; and the index of the reference pages.

The comment at the top of a playbook says what it does. Of its `vars`, those before the comment in FOLLOWS are for who
runs it; a comment is about the variables below it, up to the next one.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path("docs/playbooks.md")
INDEX = Path("docs/reference.md")
FOLLOWS = "# These follow from the others."
HEADER = "<!-- Made by tests/docs/generate.py: change {where}, not this page. -->\n"


@dataclass(frozen=True)
class Variables:
    """Some variables with their values as text, and what is said of them."""

    values: dict[str, str]
    about: str


@dataclass(frozen=True)
class Playbook:
    name: str
    about: str
    variables: list[Variables]

    def names(self) -> set[str]:
        return {name for entry in self.variables for name in entry.values}


def parse(name: str, text: str) -> Playbook:
    """A playbook by its comments; raises ValueError where a variable has none."""
    top = re.match(r"---\n((?:# .*\n)+)", text)
    if not top:
        raise ValueError(f"playbooks/{name}.yml does not begin with a comment.")
    about = " ".join(line[2:] for line in top[1].splitlines())
    lines = re.search(r"^  vars:\n((?:    .*\n)+)", text, re.MULTILINE)
    found: list[Variables] = []
    comment = ""
    for line in (lines[1].partition(f"    {FOLLOWS}\n")[0] if lines else "").splitlines():
        variable = re.match(r"    (\w+): (.*)", line)
        if line.startswith("    # "):
            # a comment of several lines is one
            comment = f"{comment} {line[6:]}" if comment else line[6:]
            continue
        if not variable:
            raise ValueError(f"playbooks/{name}.yml has {line!r} where a variable is expected.")
        if comment:
            found.append(Variables({}, comment))
            comment = ""
        if not found:
            raise ValueError(f"playbooks/{name}.yml says nothing of {variable[1]}.")
        found[-1].values[variable[1]] = variable[2]
    return Playbook(name, about, found)


def playbooks(root: Path = ROOT) -> list[Playbook]:
    return [parse(path.stem, path.read_text(encoding="utf-8")) for path in sorted(root.glob("playbooks/*.yml"))]


def default_of(text: str) -> str:
    """How a default is told: what is computed, in a word where there is one."""
    if "'PWD'" in text:
        name = re.search(r"\) }}(/.+)\"$", text)
        return f"`.{name[1]}`" if name else "`.`"
    if "{{" in text:
        return "*(computed)*"
    return f"`{text}`" if text != '""' else ""


def page(root: Path = ROOT) -> str:
    blocks = [
        HEADER.format(where="the comments in playbooks/"),
        "# Playbooks\n",
        "`ansible-playbook -i inventory listops.mailman.NAME` runs one, on the hosts of the group `mailhosts`, or of "
        "`-e listops_hosts=GROUP`. The variables in the tables are given with `-e`; those of the [roles](reference.md) "
        "belong into the inventory. `.` is the folder where Ansible is started.\n",
    ]
    for playbook in playbooks(root):
        blocks += [f"## {playbook.name}\n", f"{playbook.about}\n"]
        if playbook.variables:
            rows = ["| Variable | Default | What it is |", "|---|---|---|"]
            for entry in playbook.variables:
                names = "<br>".join(f"`{name}`" for name in entry.values)
                defaults = "<br>".join(default_of(value) for value in entry.values.values())
                rows.append(f"| {names} | {defaults} | {entry.about} |")
            blocks.append("\n".join(rows) + "\n")
    return "\n".join(blocks)


def filters(root: Path = ROOT) -> t.Iterator[tuple[str, str]]:
    """Each filter and what it does, by its own documentation."""
    for path in sorted(root.glob("plugins/filter/*.py")):
        found = re.search(r'DOCUMENTATION = r?"""(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
        if not found:
            raise ValueError(f"plugins/filter/{path.name} has no DOCUMENTATION.")
        yield path.stem, yaml.safe_load(found[1])["short_description"]


def index(modules: dict[str, str], roles: dict[str, str]) -> str:
    """A line for each module, filter and role."""
    blocks = [HEADER.format(where="the documentation of each"), "# Modules, filters and roles\n"]
    kinds = {
        "Roles": [(f"roles/{name}.md", name, about) for name, about in roles.items()],
        "Modules": [(f"modules/{name}.md", name, about) for name, about in modules.items()],
        "Filters": [(f"../plugins/filter/{name}.py", name, about) for name, about in filters()],
    }
    for kind, entries in kinds.items():
        blocks += [f"## {kind}\n", "\n".join(f"- [{name}]({link}): {about}" for link, name, about in entries) + "\n"]
    return "\n".join(blocks)
