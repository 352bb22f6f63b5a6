# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a page for each module and role from its own specification, and the links to the project.

    tests/docs/generate.py            write docs/modules/*.md, docs/roles/*.md, roles/*/README.md, docs/vocabulary.md,
                                      docs/playbooks.md, docs/reference.md, docs/images/*.svg,
                                      and the links in galaxy.yml and the issue forms
    tests/docs/generate.py --check    exit 1 and name the pages that are not up to date

The words are those of DOCUMENTATION, EXAMPLES, RETURN and argument_specs.yml, as
ansible-doc reads them; nothing is said twice. The vocabulary is in words.py, links in links.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import links
import picture
import plays
import words
import yaml
from antsibull_docs_parser import dom
from antsibull_docs_parser.format import Formatter, LinkProvider
from antsibull_docs_parser.md import to_md
from antsibull_docs_parser.parser import Context, parse

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "listops.mailman"
HEADER = "<!-- Made by tests/docs/generate.py from the {kind}'s own specification: change that, not this page. -->\n"


def code(text: object) -> str:
    """Inline code, whatever back-ticks the text holds."""
    text = str(text)
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else '`""`'


def escape(text: str) -> str:
    for character in "\\`*_<>[]":
        text = text.replace(character, f"\\{character}")
    return text


class Markdown(Formatter):
    """Markdown that reads well as plain text, too."""

    def format_error(self, part: dom.ErrorPart) -> str:
        raise ValueError(part.message)

    def format_text(self, part: dom.TextPart) -> str:
        return escape(part.text)

    def format_bold(self, part: dom.BoldPart) -> str:
        return f"**{escape(part.text)}**"

    def format_italic(self, part: dom.ItalicPart) -> str:
        return f"*{escape(part.text)}*"

    def format_code(self, part: dom.CodePart) -> str:
        return code(part.text)

    def format_horizontal_line(self, part: dom.HorizontalLinePart) -> str:
        return "\n\n---\n\n"

    def format_link(self, part: dom.LinkPart) -> str:
        return f"[{escape(part.text)}]({part.url})"

    def format_url(self, part: dom.URLPart) -> str:
        return f"<{part.url}>"

    def format_rst_ref(self, part: dom.RSTRefPart) -> str:
        return escape(part.text)

    def format_env_variable(self, part: dom.EnvVariablePart) -> str:
        return code(part.name)

    def format_option_value(self, part: dom.OptionValuePart) -> str:
        return code(part.value)

    def format_option_name(self, part: dom.OptionNamePart, url: str | None) -> str:
        return self._named(part)

    def format_return_value(self, part: dom.ReturnValuePart, url: str | None) -> str:
        return self._named(part)

    def format_module(self, part: dom.ModulePart, url: str | None) -> str:
        return self._linked(part.fqcn, url)

    def format_plugin(self, part: dom.PluginPart, url: str | None) -> str:
        return self._linked(part.plugin.fqcn, url)

    @staticmethod
    def _named(part: dom.OptionNamePart | dom.ReturnValuePart) -> str:
        return code(part.name if part.value is None else f"{part.name}={part.value}")

    @staticmethod
    def _linked(name: str, url: str | None) -> str:
        return f"[{code(name)}]({url})" if url else code(name)


class Links(LinkProvider):
    """Links from one page to the others of this collection."""

    def __init__(self, known: set[tuple[str, str]], page: Path) -> None:
        self.known = known
        self.pages = os.path.relpath("docs", page.parent)

    def plugin_link(self, plugin: dom.PluginIdentifier) -> str | None:
        name = plugin.fqcn.rpartition(".")[2]
        if plugin.fqcn.startswith(f"{COLLECTION}.") and (plugin.type, name) in self.known:
            return f"{self.pages}/{plugin.type}s/{name}.md"
        return None


def page_of(kind: str, name: str) -> Path:
    return Path("docs", f"{kind}s", f"{name}.md")


def readme_of(role: str) -> Path:
    """What Galaxy shows of a role; it takes no collection that lacks one."""
    return Path("roles", role, "README.md")


class Page:
    """One page: blocks of Markdown about one module or role."""

    def __init__(self, kind: str, name: str, links: Links) -> None:
        self.kind = kind
        self.plugin = dom.PluginIdentifier(f"{COLLECTION}.{name}", kind)
        self.links = links
        self.blocks = [HEADER.format(kind=kind), f"# {COLLECTION}.{name}\n"]

    def add(self, text: str) -> None:
        self.blocks.append(text.rstrip() + "\n")

    def prose(self, text: str | t.Sequence[str] | None, separator: str = "\n\n") -> str:
        paragraphs = [text] if isinstance(text, str) else list(text or [])
        context = Context(self.plugin, "main" if self.kind == "role" else None)
        parsed = parse(paragraphs, context, errors="exception", helpful_errors=True)
        return to_md(parsed, formatter=Markdown(), link_provider=self.links, par_sep=separator, par_empty="")

    def table(self, head: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> None:
        lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
        lines += [f"| {' | '.join(cell(text) for text in row)} |" for row in rows]
        self.add("\n".join(lines))

    def text(self) -> str:
        return "\n".join(self.blocks)


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def type_of(option: dict) -> str:
    kind = option.get("type", "str")
    elements = option.get("elements")
    return f"{kind} of {elements}" if elements else kind


def literal(value: object) -> str:
    """A value as it is written in YAML, on one line."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def option_rows(page: Page, options: dict, prefix: str = "") -> t.Iterator[list[str]]:
    for name, option in sorted(options.items()):
        if option.get("required"):
            default = "*required*"
        elif option.get("default") is None:
            default = ""
        else:
            value = option["default"]
            # A long text has no room in a table.
            default = "*(text, see the defaults)*" if isinstance(value, str) and "\n" in value else code(literal(value))
        about = page.prose(option.get("description"), "<br>")
        if option.get("choices"):
            about += f"<br>One of {', '.join(code(literal(choice)) for choice in option['choices'])}."
        if option.get("aliases"):
            about += f"<br>Also called {', '.join(code(alias) for alias in option['aliases'])}."
        yield [code(prefix + name), type_of(option), default, about]
        inner = option.get("options") or option.get("suboptions")
        if inner:
            suffix = "[]." if option.get("elements") == "dict" else "."
            yield from option_rows(page, inner, prefix + name + suffix)


def return_rows(page: Page, values: dict, prefix: str = "") -> t.Iterator[list[str]]:
    for name, value in values.items():
        about = page.prose(value.get("description"), "<br>")
        if "sample" in value:
            about += f"<br>Example: {code(literal(value['sample']))}"
        yield [code(prefix + name), type_of(value), page.prose(value.get("returned", "always")), about]
        if value.get("contains"):
            suffix = "[]." if value.get("elements") == "dict" else "."
            yield from return_rows(page, value["contains"], prefix + name + suffix)


OPTION_HEAD = ["Name", "Type", "Default", "What it is"]


def module_page(name: str, spec: dict, links: Links) -> str:
    page = Page("module", name, links)
    doc = spec["doc"]
    page.add(page.prose(doc["short_description"]) + ".")
    page.add(page.prose(doc["description"]))
    if doc.get("requirements"):
        page.add("## Requirements")
        page.add("\n".join(f"- {page.prose(line)}" for line in doc["requirements"]))
    page.add("## Options")
    page.table(OPTION_HEAD, option_rows(page, doc.get("options") or {}))
    if doc.get("attributes"):
        page.add("## Attributes")
        page.table(
            ["Attribute", "Support", "What it means"],
            (
                [
                    code(key),
                    str(value.get("support") or value.get("platforms") or ""),
                    page.prose(paragraphs(value, "description") + paragraphs(value, "details"), "<br>"),
                ]
                for key, value in sorted(doc["attributes"].items())
            ),
        )
    if spec.get("examples"):
        page.add("## Examples")
        page.add(f"```yaml\n{spec['examples'].strip()}\n```")
    if spec.get("return"):
        page.add("## Return values")
        page.table(["Name", "Type", "Returned", "What it is"], return_rows(page, spec["return"]))
    return page.text()


def paragraphs(value: dict, key: str) -> list[str]:
    text = value.get(key) or []
    return [text] if isinstance(text, str) else text


def role_page(name: str, spec: dict, links: Links) -> str:
    page = Page("role", name, links)
    point = spec["entry_points"]["main"]
    page.add(page.prose(point["short_description"]) + ".")
    page.add(page.prose(point.get("description")))
    page.add("## Variables")
    page.table(OPTION_HEAD, option_rows(page, point.get("options") or {}))
    role = {"role": f"{COLLECTION}.{name}", "vars": required_values(point.get("options") or {})}
    example = {"hosts": "mailhosts", "roles": [{key: value for key, value in role.items() if value}]}
    page.add("## Example")
    page.add(f"```yaml\n{yaml.safe_dump([example], sort_keys=False).strip()}\n```")
    return page.text()


def required_values(options: dict) -> dict:
    return {name: f"<{type_of(option)}>" for name, option in sorted(options.items()) if option.get("required")}


def ansible_doc(*arguments: str) -> dict:
    command = [str(Path(sys.executable).with_name("ansible-doc")), "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def pages() -> dict[Path, str]:
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("[!_]*.py"))
    roles = sorted(path.parent.parent.name for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"))
    known = {("module", name) for name in modules} | {("role", name) for name in roles}
    result = {words.PAGE: words.page(), plays.PAGE: plays.page()} | links.files(
        (ROOT / links.GALAXY).read_text(encoding="utf-8")
    )
    specs: dict[str, dict] = {}
    for kind, names, render in (("module", modules, module_page), ("role", roles, role_page)):
        if not names:
            continue
        found = specs[kind] = ansible_doc("-t", kind, *(f"{COLLECTION}.{name}" for name in names))
        for name in names:
            for path in [page_of(kind, name)] + ([readme_of(name)] if kind == "role" else []):
                result[path] = render(name, found[f"{COLLECTION}.{name}"], Links(known, path))
    result |= picture.files(ROOT)
    page = Page("module", "reference", Links(known, plays.INDEX))
    result[plays.INDEX] = plays.index(
        {name: page.prose(spec_of(specs["module"], name)["doc"]["short_description"]) for name in modules},
        {name: page.prose(spec_of(specs["role"], name)["entry_points"]["main"]["short_description"]) for name in roles},
    )
    return result


def spec_of(specs: dict, name: str) -> dict:
    return specs[f"{COLLECTION}.{name}"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is not up to date")
    arguments = parser.parse_args()

    wanted = pages()
    there = {path.relative_to(ROOT) for kind in ("modules", "roles") for path in (ROOT / "docs" / kind).glob("*.md")}
    there |= {path.relative_to(ROOT) for path in ROOT.glob(str(readme_of("*")))}
    there |= {words.PAGE} if (ROOT / words.PAGE).exists() else set()
    stale = [
        path
        for path, text in sorted(wanted.items())
        if not (ROOT / path).exists() or (ROOT / path).read_text(encoding="utf-8") != text
    ]
    left = sorted(there - wanted.keys())
    if arguments.check:
        for path in stale:
            print(f"{path} is not up to date: run make docs", file=sys.stderr)
        for path in left:
            print(f"{path} is about something that is no longer there: run make docs", file=sys.stderr)
        return 1 if stale or left else 0
    for path in stale:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(wanted[path], encoding="utf-8")
        print(f"wrote {path}")
    for path in left:
        (ROOT / path).unlink()
        print(f"removed {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
