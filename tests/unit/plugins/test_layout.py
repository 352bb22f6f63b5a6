# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of a file says what runs it: see "Where code runs" in docs/design.md."""

from __future__ import annotations

import ast
import functools
import re
from collections import Counter
from pathlib import Path

import pytest

from unit.plugins.module_utils.programs import PROGRAMS

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
UTILS = PLUGINS / "module_utils"
COLLECTION = "ansible_collections.listops.mailman.plugins."
FILES = sorted(path for path in PLUGINS.rglob("*.py"))
# What runs in Ansible's Python and is the same there.
SHARED = {"_mailman21.remote.read", "_migrate.remote.messages", "_programs.remote.separator"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PLUGINS).with_suffix("").parts)


NAMES = {name_of(path): path for path in FILES}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """The files of this collection that a file imports, by name; packages have no code."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            module = str(node.module)
            assert not node.level, f"{path} imports relatively"
            if f"{module}.".startswith(COLLECTION):
                module = module[len(COLLECTION) :]
                found |= {module} if module in NAMES else {f"{module}.{alias.name}" for alias in node.names}
    assert found <= NAMES.keys(), found - NAMES.keys()
    return frozenset(found)


def reached(path: Path) -> set[str]:
    """The same, with what those import: what Ansible sends to a host for a module."""
    seen: set[str] = set()
    left = set(imports(path))
    while left:
        name = left.pop()
        seen.add(name)
        left |= imports(NAMES[name]) - seen
    return seen


def below(name: str, *folders: str) -> bool:
    return name.startswith(tuple(f"module_utils.{folder}" for folder in folders))


def test_what_is_sent_imports_only_what_is_sent() -> None:
    for path in UTILS.rglob("remote/*.py"):
        assert all(".remote." in name for name in imports(path)), path


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_holds_what_its_modules_import_in_that_order(name: str) -> None:
    earlier: set[str] = set()
    for module in PROGRAMS[name].modules:
        assert imports(Path(str(module.__file__)).resolve()) <= earlier, module
        earlier.add(module.__name__[len(COLLECTION) :])
    assert hasattr(PROGRAMS[name].modules[-1], "main")


def test_the_contract_loads_the_same_modules() -> None:
    """tests/contract/inside/rename.py runs on Mailman 2.1 alone, and has a list of its own."""
    text = (PLUGINS.parent / "tests/contract/inside/rename.py").read_text(encoding="utf-8")
    listed = re.findall(r"'(_[\w.]+)'", text[text.index("MODULES = ") : text.index("STEPS = ")])
    sent = [module.__name__[len(COLLECTION + "module_utils.") :] for module in PROGRAMS["mailman21"].modules]
    assert [*listed, "_mailman21.remote.main"] == sent


def test_what_is_sent_is_not_run_in_ansibles_python() -> None:
    for path in FILES:
        if "remote" not in path.parts and path.name not in ("program.py", "messages.py"):
            sent = {name for name in imports(path) if ".remote." in name}
            assert sent <= {f"module_utils.{name}" for name in SHARED}, path


def test_lists_are_pure() -> None:
    for path in (UTILS / "_lists").glob("*.py"):
        assert all(below(name, "_lists.", "_visible", "_patterns") for name in imports(path)), path


def test_what_applies_knows_no_service() -> None:
    for folder in ("_apply", "_backends"):
        for path in (UTILS / folder).glob("*.py"):
            services = {name for name in imports(path) if below(name, "_mailman", "_hyperkitty", "_accounts")}
            assert not services or path.name == "select.py", (path, services)


def test_requests_are_named_in_clients_only() -> None:
    """And nobody asks which Mailman he has."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if "remote" not in path.parts:
            assert '"op"' not in text or path.name == "process.py", path
            assert "isinstance(backend" not in text and "isinstance(archive" not in text, path
            assert ".engine ==" not in text or path.name == "choose.py", path


def test_python_packages_have_no_code_of_their_own() -> None:
    """They are never sent, and Ansible makes them up."""
    assert not list(PLUGINS.rglob("__init__.py"))


@pytest.mark.parametrize(
    ("module", "programs"),
    [
        ("adopt", []),
        ("config_copy", []),
        ("config_files", []),
        ("config_info", []),
        ("dns_info", []),
        ("host_info", []),
        ("htdigest_user", []),
        ("mailman_account", ["_accounts"]),
        ("mailman_list", ["_hyperkitty", "_mailman21", "_mailman3"]),
        ("mailman_list_info", ["_hyperkitty", "_mailman21", "_mailman3"]),
        ("mailman_mbox", ["_hyperkitty", "_mailman21", "_mailman3"]),
        ("mailman_member", ["_mailman21", "_mailman3"]),
        ("mailman_password", ["_mailman21"]),
        ("mailman_person", ["_mailman21", "_mailman3"]),
        ("mailman_redact", ["_hyperkitty", "_mailman21", "_mailman3", "_migrate", "_redaction"]),
        ("migrate_aside", ["_mailman21"]),
        ("migrate_index", ["_hyperkitty"]),
        ("migrate_info", ["_migrate"]),
        ("migrate_lists", ["_hyperkitty", "_mailman21", "_mailman3"]),
        ("migrate_announce", ["_mailman21", "_mailman3"]),
        ("migrate_archive", ["_hyperkitty", "_mailman3", "_migrate"]),
        ("migrate_place", ["_mailman21"]),
        ("migrate_preflight", ["_hyperkitty", "_mailman21", "_mailman3", "_migrate"]),
        ("migrate_redirects", ["_hyperkitty", "_mailman3", "_migrate"]),
        ("migrate_requests", ["_mailman21", "_mailman3", "_migrate"]),
        ("migrate_server", ["_mailman3", "_migrate"]),
        ("migrate_server_info", ["_mailman3", "_migrate"]),
        ("migrate_return", ["_mailman21"]),
        ("migrate_rollback", ["_hyperkitty", "_mailman21", "_mailman3", "_migrate"]),
        ("migrate_snapshot", ["_hyperkitty", "_mailman21", "_mailman3", "_migrate"]),
        ("migrate_spool", []),
        ("migrate_state", []),
        ("preflight", []),
        ("service_directory", []),
        ("service_info", []),
    ],
)
def test_a_module_ships_only_the_programs_that_it_needs(module: str, programs: list[str]) -> None:
    sent = {name for name in reached(PLUGINS / "modules" / f"{module}.py") if ".remote." in name}
    assert sorted({name.split(".")[1] for name in sent} - {"_programs"}) == programs
    assert any("redact" in name for name in sent) == (module == "mailman_redact")


def test_no_two_classes_have_one_name() -> None:
    named = Counter(
        node.name
        for path in FILES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name not in ("FilterModule", "ActionModule", "ModuleDocFragment")
    )
    assert not [name for name, number in named.items() if number > 1]


def test_every_module_is_measured() -> None:
    (mark,) = test_a_module_ships_only_the_programs_that_it_needs.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in mark.args[1]} == {path.stem for path in (PLUGINS / "modules").glob("*.py")}


def test_unit_tests_mirror_the_tree() -> None:
    for path in Path(__file__).parent.rglob("test_*.py"):
        folder = PLUGINS / path.parent.relative_to(Path(__file__).parent)
        name = path.name[len("test_") :]
        # a whole task, which is of no file
        if path.name not in ("test_layout.py", "test_steps.py"):
            assert (folder / name).exists() or (folder / f"_{name}").exists(), path
