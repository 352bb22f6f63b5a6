# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each command and each variable in a document is one that exists, and what needs no host is run from the page."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.cli.adhoc import AdHocCLI
from ansible.cli.playbook import PlaybookCLI
from ansible.parsing.splitter import parse_kv

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import site as shared
from docs import commands, pages, plays
from harness.checkout import ROOT, environment

SITE = pages.Site(ROOT)
PAGES = {name: SITE.read(name) for name in SITE.sources()}
FOUND = [(page, command) for page, text in PAGES.items() for command in commands.commands(text)]
PLAYBOOKS = {playbook.name: playbook.names() for playbook in plays.playbooks()}
ROLES = {
    name
    for path in ROOT.glob("roles/*/meta/argument_specs.yml")
    for name in yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"].get("options", {})
}
# Variables that belong to no role alone.
SHARED = set(shared.OPTIONS) | {"listops_hosts", "mailman_engine", "mailman_prefix", "mailman_user"}
KNOWN = ROLES | SHARED | {name for names in PLAYBOOKS.values() for name in names}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))

# Every other program, and who runs its commands.
CHECKED_BY = {
    # proofs on a host, from the page or with the same words: tests/proof/server/test_page_commands.py and test_failures.py
    "a proof": ("cd exigrep exim4 install journalctl mailman-web ps rm runuser spamc ss systemctl tail tar "),
    # tests/unit/harness: test_signing.py, test_execution_environment.py, test_hosting.py; proofs of redacting and handing over
    "a test of its own": "ansible-builder ansible-galaxy gpg .venv/bin/pre-commit",
    # below
    "a test here": "ansible ansible-playbook cp make",
    # other people's programs that are not here, or that need the Internet
    "nobody": "ansible-navigator ansible-vault molecule pip podman python3 restic xargs .",
}


def of(program: str) -> list[tuple[str, str]]:
    return sorted({(page, command.text) for page, command in FOUND if command.program == program})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the example inventory, and the files that pages say or take."""
    shutil.copytree(ROOT / "inventory", tmp_path / "inventory", ignore=shutil.ignore_patterns("credentials"))
    monkeypatch.chdir(tmp_path)
    for text in PAGES.values():
        for name, content in commands.files(text).items():
            if "/" not in name:
                (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "members-HOST.yml").write_text("mailman_lists: []\n", encoding="utf-8")
    return tmp_path


def test_there_is_a_check_for_each_program() -> None:
    programs = {command.program for _page, command in FOUND}
    known = {word for words in CHECKED_BY.values() for word in words.split()}
    assert programs == known, (programs - known, known - programs)


def parsed(cli: type[PlaybookCLI] | type[AdHocCLI], text: str) -> dict[str, Any]:
    """The options of a command as Ansible itself reads them; raises SystemExit on one that it does not know."""
    words = shlex.split(text)
    program = cli(words)
    program.init_parser()
    return vars(program.parser.parse_args(words[1:]))


def variables(given: str) -> set[str]:
    """The names in what -e is given."""
    if given.startswith("@"):
        return set(yaml.safe_load(Path(given[1:]).read_text(encoding="utf-8")))
    return set(json.loads(given) if given.startswith("{") else parse_kv(given))


@pytest.mark.parametrize(("page", "text"), of("ansible-playbook"))
def test_playbooks_and_their_variables(page: str, text: str, folder: Path) -> None:
    options = parsed(PlaybookCLI, text)
    (name,) = options["args"]
    playbook = name.removeprefix("listops.mailman.")
    assert name.startswith("listops.mailman.") and playbook in {*PLAYBOOKS, "NAME"}, f"{page}: {name}"
    if playbook == "NAME":
        return
    given = {name for text in options["extra_vars"] for name in variables(text)}
    allowed = PLAYBOOKS[playbook] | SHARED
    if playbook in ("site", "lists", "migrate", "check_inventory", "audit"):
        allowed |= ROLES
    assert given <= allowed, f"{page}: {playbook} has no {given - allowed}"
    assert all(Path(path).is_dir() for path in options["inventory"])


@pytest.mark.parametrize("given", ["redact_list=x redact_nothing=y", '{"redact_nothing": []}', "@roster.yml"])
def test_variables_that_a_playbook_has_not(given: str, folder: Path) -> None:
    assert not variables(given) <= PLAYBOOKS["redact"]


@pytest.mark.parametrize("playbook", sorted(PLAYBOOKS))
def test_playbooks_have_their_page(playbook: str) -> None:
    assert f"## {playbook}\n" in PAGES["docs/playbooks.md"]


@pytest.mark.parametrize(("page", "text"), of("ansible"))
def test_modules_and_their_options(page: str, text: str) -> None:
    options = parsed(AdHocCLI, text)
    name = str(options["module_name"]).removeprefix("listops.mailman.")
    source = (ROOT / f"plugins/modules/{name}.py").read_text(encoding="utf-8")
    for key in json.loads(str(options["module_args"])):
        assert f"{key}=dict(" in source or f'"{key}"' in source, f"{page}: {name} has no option {key}"


@pytest.mark.parametrize(("page", "text"), of("make"))
def test_targets_of_make(page: str, text: str) -> None:
    _make, target, *variables = text.split()
    assert target in TARGETS, f"{page}: there is no make {target}"
    assert all(f"$({variable.partition('=')[0]})" in MAKEFILE for variable in variables), f"{page}: {text}"


def words() -> Iterator[tuple[str, str]]:
    """Each name in a document that is a variable's by its first word."""
    prefix = "|".join(sorted({name.partition("_")[0] for name in KNOWN}))
    for page, text in PAGES.items():
        for span in commands.SPAN.findall(commands.BLOCK.sub("", text)):
            found = re.match(rf"((?:{prefix})_\w+)(?:$|:(?: |$))", span)
            if found:
                yield page, found[1]


def test_each_variable_in_a_sentence_exists() -> None:
    plugins = {path.stem for kind in ("modules", "filter") for path in ROOT.glob(f"plugins/{kind}/*.py")}
    # what modules return, programs are called, and metrics
    others = {"mailman_unreadable_lists", "mailman_queue_files", "adopt_vs_floor", "spool_tmpfs"}
    known = KNOWN | plugins | others | set(PLAYBOOKS)
    assert [(page, name) for page, name in words() if name not in known] == []


def call(text: str, folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a page, as its reader does."""
    env = environment({"HOME": str(folder / "home"), **extra})
    for name in ("ANSIBLE_COLLECTIONS_PATH", "ANSIBLE_CONFIG", "ANSIBLE_HOME", "ANSIBLE_CONNECTION_PLUGINS"):
        del env[name]
    return subprocess.run(["bash", "-ec", text], cwd=folder, env=env, check=False, capture_output=True, text=True)


def test_getting_started(tmp_path: Path) -> None:
    """Its commands up to the first one that needs a host, in their order, in an empty folder, with nothing set."""
    (tmp_path / "listops.mailman").symlink_to(ROOT)
    work = tmp_path / "work"
    work.mkdir()
    told = [command.text for command in commands.commands(PAGES["docs/getting-started.md"]) if command.block]
    begin, end = (
        next(number for number, text in enumerate(told) if word in text) for word in ("ansible-galaxy", "dns_records")
    )
    # what comes before makes the environment that runs this test
    assert [text.split()[0] for text in told[:begin]] == ["python3", ".", "pip"]
    assert [text.split()[0] for text in told[begin:end]] == ["ansible-galaxy", "cp", "ansible-playbook"]
    for text in told[begin:end]:
        done = call(text, work)
        assert done.returncode == 0, done.stdout + done.stderr
    # a second time it does what the page says, and what to do about it
    again = call(told[begin], work)
    said = "Nothing to do. All requested collections are already installed"
    assert said in again.stdout and said in PAGES["docs/getting-started.md"]
    assert "was installed successfully" in call(f"{told[begin]} --force", work).stdout
    assert "ansible_pipelining: true" in (work / "inventory/hosts.yml").read_text(encoding="utf-8")
    # what stands in the README is the same
    readme = [command.text for command in commands.commands(PAGES["README.md"])]
    assert all(text in readme for text in told[begin:end])


def blocks(page: str, kind: str) -> list[str]:
    return [block for found, block in commands.BLOCK.findall(PAGES[page]) if found == kind]


def test_a_certificate(folder: Path) -> None:
    """The lines that switch ACME on are accepted beside the example."""
    (block,) = (block for block in blocks("docs/getting-started.md", "yaml") if "apache_tls" in block)
    server = folder / "inventory/group_vars/mailhosts/server.yml"
    server.write_text(server.read_text(encoding="utf-8") + block, encoding="utf-8")
    env = environment({"ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections")})
    command = ["ansible-playbook", "-i", "inventory", "listops.mailman.check_inventory"]
    done = subprocess.run(command, cwd=folder, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("which", [0, 1])
def test_lists_and_members_from_a_spreadsheet(which: int, folder: Path) -> None:
    """Each of the two recipes in an inventory: it is accepted, and declares what it says."""
    for name, content in zip(("lists.csv", "people.csv"), blocks("docs/getting-started.md", "text"), strict=True):
        (folder / "inventory" / name).write_text(content, encoding="utf-8")
    recipe = [block for block in blocks("docs/getting-started.md", "yaml") if "csv_rows" in block][which]
    (folder / "inventory/group_vars/mailhosts/lists.yml").write_text(recipe, encoding="utf-8")
    server = folder / "inventory/group_vars/mailhosts/server.yml"
    # it has an archive of a list that is not declared any more
    server.write_text(server.read_text(encoding="utf-8").partition("# The archive of arbcom-l")[0], encoding="utf-8")
    path = {
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    }
    env = environment(path)
    command = ["ansible-playbook", "-i", "inventory"]
    done = subprocess.run(
        [*command, "listops.mailman.check_inventory"], cwd=folder, env=env, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    show = [
        {"hosts": "mailhosts", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {"var": "mailman_lists"}}]}
    ]
    (folder / "show.json").write_text(json.dumps(show), encoding="utf-8")
    done = subprocess.run([*command, "show.json"], cwd=folder, env=env, check=True, capture_output=True, text=True)
    result = json.loads(done.stdout[done.stdout.index("{") :])["plays"][0]["tasks"][0]["hosts"]["fermium"][
        "mailman_lists"
    ]
    if which == 0:
        assert [entry["name"] for entry in result] == ["staff", "events"]
        assert result[0]["owners"] == ["list-admin@example.org", "second-admin@example.org"]
        assert result[0]["archive_policy"] == "private" and "archive_policy" not in result[1]
    else:
        assert result[0]["members"]["addresses"] == [
            {"address": "alice@example.net", "display_name": "Alice"},
            {"address": "bob@example.net"},
        ]


def test_the_scenario_for_an_own_ci(tmp_path: Path) -> None:
    """Its files are what molecule and Ansible take; nobody here runs it, since its image comes from a registry."""
    for name, content in commands.files(PAGES["docs/ci.md"]).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    shutil.copytree(ROOT / "inventory", tmp_path / "inventory", ignore=shutil.ignore_patterns("credentials"))
    env = environment()
    for name in ("create", "converge", "destroy"):
        command = ["ansible-playbook", "--syntax-check", "-i", "inventory", "-i", "molecule/default/hosts.yml"]
        done = subprocess.run(
            [*command, f"molecule/default/{name}.yml"],
            cwd=tmp_path,
            env=env,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        ["molecule", "matrix", "test"], cwd=tmp_path, env=env, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [
        step for step in ("create", "converge", "idempotence", "destroy") if step not in done.stdout + done.stderr
    ] == []
    assert os.listdir(tmp_path / "molecule/default") != []
