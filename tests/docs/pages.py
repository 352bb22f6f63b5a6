# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation site, from the Markdown files that people read in the repository.

    tests/docs/pages.py FOLDER    write them there, for Sphinx
    tests/docs/pages.py --check   exit 1 and name each link of these files that leads nowhere

docs/README.md is the first page; its headings and links are the site's menu. Each section of docs/runbook.md becomes a
page. Links are written again: to pages of the site where there is one, else to the repository. What antsibull-docs
makes of modules, filters and roles (the folder `reference`) stands in for docs/modules and docs/roles.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
FIRST = "docs/README.md"
RUNBOOK = "docs/runbook.md"
PROCEDURES = "operations"
PROJECT = ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "CHANGELOG.rst")
REFERENCE = re.compile(r"(?:docs|plugins)/(module|role|filter)s?/(\w+)\.(?:md|py)")
LINK = re.compile(r"(?<=\]\()[^()\s]+(?=\))")
FENCE = re.compile(r"^ *```")
HEADING = re.compile(r"^(#+) (.*)$")


class DeadLink(ValueError):
    pass


def slug(heading: str) -> str:
    """The anchor that hosts of repositories, and MyST, give a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
    return re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-")


def prose(text: str) -> t.Iterator[tuple[str, bool]]:
    """The lines of a Markdown file, and whether each is text and no code."""
    code = False
    for line in text.splitlines():
        fence = bool(FENCE.match(line))
        yield line, not (code or fence)
        code ^= fence


def headings(text: str) -> t.Iterator[tuple[int, str]]:
    for line, is_text in prose(text):
        found = HEADING.match(line)
        if is_text and found:
            yield len(found[1]), found[2]


@dataclass(frozen=True)
class Section:
    """A section of the runbook: a page."""

    title: str
    text: str

    @property
    def page(self) -> str:
        return f"{PROCEDURES}/{slug(self.title)}.md"


def sections(runbook: str) -> tuple[str, list[Section]]:
    """What stands before the first section, and the sections, each with its headings one level higher."""
    before: list[str] = []
    found: list[tuple[str, list[str]]] = []
    for line, is_text in prose(runbook):
        heading = HEADING.match(line) if is_text else None
        if heading and len(heading[1]) == 2:
            found.append((heading[2], [f"# {heading[2]}"]))
        elif found:
            found[-1][1].append(line[1:] if heading else line)
        else:
            before.append(line)
    return "\n".join(before) + "\n", [Section(title, "\n".join(lines).rstrip() + "\n") for title, lines in found]


class Site:
    """Where on the site each file of the repository is, and each section of the runbook."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.before, self.sections = sections(self.read(RUNBOOK))
        self.repository = t.cast(
            re.Match[str], re.search(r"^repository: (\S+)$", self.read("galaxy.yml"), re.MULTILINE)
        )[1]
        self.pages = {FIRST: "index.md", "README.md": "index.md", RUNBOOK: f"{PROCEDURES}/index.md"}
        for path in sorted(root.glob("docs/*.md")):
            self.pages.setdefault(f"docs/{path.name}", path.name)
        for name in PROJECT:
            self.pages[name] = f"project/{name.lower()}"
        # of an anchor of the runbook, the page that has it
        self.anchors = {
            slug(title): section.page for section in self.sections for _level, title in headings(section.text)
        }

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def sources(self) -> list[str]:
        """The files that people read, in Markdown."""
        return ["README.md", *(name for name in self.pages if name.endswith(".md") and name != "README.md")]

    def target(self, source: str, link: str) -> tuple[str, str]:
        """The page of the site that a link in a file leads to and its anchor, or an address and nothing."""
        if re.match(r"[a-z]+:", link):
            return link, ""
        path, _hash, anchor = link.partition("#")
        name = os.path.normpath(PurePosixPath(source).parent / path) if path else source
        if not (self.root / name).exists():
            raise DeadLink(f"{source} has a link to {link}: there is no {name}.")
        if anchor and anchor not in {slug(title) for _level, title in headings(self.read(name))}:
            raise DeadLink(f"{source} has a link to {link}: {name} has no such heading.")
        if name == RUNBOOK and anchor:
            page = self.anchors[anchor]
            return page, "" if page == f"{PROCEDURES}/{anchor}.md" else anchor
        reference = REFERENCE.fullmatch(name)
        if reference:
            return f"reference/{reference[2]}_{reference[1]}.rst", ""
        if name in self.pages:
            return self.pages[name], anchor
        if name.startswith("docs/") and PurePosixPath(name).suffix in (".svg", ".png"):
            return name.removeprefix("docs/"), ""
        kind = "tree" if (self.root / name).is_dir() else "blob"
        return f"{self.repository}/{kind}/main/{name}", ""

    def rewritten(self, source: str, text: str, page: str) -> str:
        """A text of a file, with its links as they are on a page."""

        def write(found: re.Match[str]) -> str:
            where, anchor = self.target(source, found[0])
            if ":" in where:
                return where
            return os.path.relpath(where, PurePosixPath(page).parent) + (f"#{anchor}" if anchor else "")

        lines = [LINK.sub(write, line) if is_text else line for line, is_text in prose(text)]
        return "\n".join(lines) + "\n"

    def menu(self) -> dict[str, list[str]]:
        """Each heading of the first page, and the pages that it links to."""
        result: dict[str, list[str]] = {}
        title = ""
        for line, is_text in prose(self.read(FIRST)):
            heading = HEADING.match(line)
            if heading and is_text:
                title = heading[2]
            for link in LINK.findall(line) if is_text and line.startswith("- ") else ():
                page, _anchor = self.target(FIRST, link)
                if page not in sum(result.values(), []) and ":" not in page:
                    result.setdefault(title, []).append(page)
        return result

    def files(self) -> dict[str, str]:
        """Each page of the site, and its text."""
        menu = self.menu()
        result = {
            page: self.rewritten(name, self.read(name), page)
            for name, page in self.pages.items()
            if name != "README.md" and name.endswith(".md")
        }
        result[f"{PROCEDURES}/index.md"] = self.rewritten(RUNBOOK, self.before, f"{PROCEDURES}/index.md")
        for section in self.sections:
            result[section.page] = self.rewritten(RUNBOOK, section.text, section.page)
        result["project/changelog.rst"] = self.read("CHANGELOG.rst")
        listed = {page for pages in menu.values() for page in pages}
        for caption, pages in menu.items():
            result["index.md"] += tree(pages, "", caption)
        # what antsibull-docs makes
        result["reference.md"] += tree(["reference/index.rst"], "", "Reference")
        rest = [section.page for section in self.sections if section.page not in listed]
        result[f"{PROCEDURES}/index.md"] += tree(rest, PROCEDURES)
        missing = result.keys() - listed - set(rest) - {"index.md"}
        if missing:
            raise DeadLink(f"{FIRST} has no link to {', '.join(sorted(missing))}.")
        return result


def tree(pages: list[str], folder: str, caption: str = "") -> str:
    """A part of Sphinx's table of contents; below a caption it is in the menu only."""
    options = f":caption: {caption}\n:hidden:\n" if caption else ""
    names = [os.path.relpath(page, folder or ".").rpartition(".")[0] for page in pages]
    return f"\n```{{toctree}}\n:maxdepth: 1\n{options}\n" + "".join(f"{name}\n" for name in names) + "```\n"


def check(site: Site) -> list[str]:
    """What is wrong with the links of all files."""
    result = []
    for source in site.sources():
        for line, is_text in prose(site.read(source)):
            for link in LINK.findall(line) if is_text else ():
                try:
                    site.target(source, link)
                except DeadLink as exc:
                    result.append(str(exc))
    return result


def write(site: Site, folder: Path) -> None:
    for name, text in site.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "docs/images", folder / "images")


def main(arguments: list[str]) -> int:
    site = Site(ROOT)
    if arguments != ["--check"]:
        write(site, Path(arguments[0]))
        return 0
    wrong = check(site)
    try:
        site.files()
    except DeadLink as exc:
        wrong.append(str(exc))
    for line in dict.fromkeys(wrong):
        print(line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
