# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs as root, and which paths it goes: none below a folder that a service's user can write to, but what is named here.

Each task of roles and playbooks, each unit, each program, and each place where modules open files or start programs.
What is new fails, until it works as that user, through directory descriptors, or is named here with the reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from unit.plugins.module_utils.programs import PROGRAMS

ROOT = Path(__file__).resolve().parents[3]

# What belongs to service users, or to groups of theirs, or can be written by everybody.
FOLDERS = (
    "/var/lib/mailman3",
    "/var/log/mailman3",
    "/run/mailman3",
    "/run/mailman3-web",
    "/var/lib/mailman",
    "/usr/lib/mailman",
    "/usr/local/mailman",
    "/usr/local/cpanel/3rdparty/mailman",
    "/opt/mailman",
    "/var/log/mailman",
    "/run/lock/mailman",
    "/var/spool/exim4",
    "/var/log/exim4",
    "/run/exim4",
    "/var/lib/spamassassin",
    "/var/lib/spamd",
    "/run/spamd",
    "/var/lib/postgresql",
    "/var/lib/prometheus",
    "/tmp",
    "/var/tmp",
)
# What touches nothing on the host.
TOUCH_NOTHING = re.compile(r"ansible\.builtin\.(assert|fail|debug|set_fact|meta|(import|include)_\w+|getent|setup)")
# What decides, says, or is text for somebody else: no path that a task goes.
NO_PATHS = (
    "name",
    "when",
    "register",
    "notify",
    "listen",
    "content",
    "fail_msg",
    "success_msg",
    "msg",
    "that",
    "body",
    "block_text",
)
MODULES_OF_OURS = "listops.mailman."
# As whom a command begins.
COMMAND = re.compile(r"ansible\.builtin\.(command|shell)")
AS_USER = re.compile(r"(?:^|[\s\['\"])(?:runuser['\", ]+-u|setpriv['\", ]+--reuid)")


class Task(NamedTuple):
    where: str
    name: str
    module: str
    text: str
    as_user: bool


def tasks_in(node: Any, as_user: bool = False) -> Iterator[tuple[dict[str, Any], bool]]:
    """Every task, also in blocks, and whether it becomes a user."""
    for entry in node if isinstance(node, list) else []:
        becomes = as_user or "become_user" in entry
        for key in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"):
            yield from tasks_in(entry.get(key), becomes)
        if not {"block", "hosts"} & entry.keys():
            yield entry, becomes


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in NO_PATHS:
                yield from strings(item)
    elif isinstance(value, list):
        # the words of a command stay together
        yield " ".join(item if isinstance(item, str) else "\n".join(strings(item)) for item in value)
    elif isinstance(value, str):
        yield value


@cache
def variables(role: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in ("defaults", "vars"):
        path = ROOT / "roles" / role / kind / "main.yml"
        if path.exists():
            found |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


@cache
def registered(role: str) -> dict[str, Any]:
    """What tasks looked at, by the variable that holds what they found."""
    files = [path for kind in ("tasks", "handlers") for path in (ROOT / "roles" / role / kind).glob("*.yml")]
    tasks = [task for path in files for task, _becomes in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8")))]
    return {task["register"]: task.get("loop", "") for task in tasks if "register" in task}


def with_variables(text: str, known: dict[str, Any]) -> str:
    """The text with that of each of the role's variables that is named in it, and so on."""
    seen: set[str] = set()
    waiting = [text]
    parts = []
    while waiting:
        part = waiting.pop()
        parts.append(part)
        for name in set(re.findall(r"[a-z_][a-z0-9_]*", part)) & known.keys() - seen:
            seen.add(name)
            waiting.extend(strings(known[name]))
    return "\n".join(parts)


@cache
def all_tasks() -> list[Task]:
    found = []
    files = [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("roles/*/handlers/*.yml"), *ROOT.glob("playbooks/*.yml")]
    for path in sorted(files):
        role = path.relative_to(ROOT).parts[1] if path.is_relative_to(ROOT / "roles") else ""
        known = registered(role) | variables(role) if role else {}
        for task, becomes in tasks_in(yaml.safe_load(path.read_text(encoding="utf-8"))):
            module = next((key for key in task if "." in key), "")
            own = "\n".join(strings(task))
            # where Ansible runs
            elsewhere = task.get("delegate_to") == "localhost"
            words = with_variables(" ".join(strings(task.get(module, ""))), known) if COMMAND.fullmatch(module) else ""
            as_user = becomes or elsewhere or bool(AS_USER.search(words))
            where = str(path.relative_to(ROOT))
            found.append(Task(where, task.get("name", ""), module, with_variables(own, known), as_user))
    return found


def below(text: str) -> list[str]:
    """The folders of service users in or below which a text has a path."""
    return sorted(
        folder for folder in FOLDERS if re.search(rf"(?<![A-Za-z0-9_.}}-]){re.escape(folder)}(?![A-Za-z0-9_.-])", text)
    )


LOOKS = "looks only: stat, and no checksum"
TEXT = "the path is text in it"
LEFT_TO_ROOT = "the role has left that folder to root alone before, and refused links in it: see mailman21.yml"
MOUNTED = "the directory was mounted by its descriptor before; what is mounted cannot be renamed"
# Tasks that go there as root all the same, and why that gives nothing away.
NAMED = {
    ("playbooks/lists.yml", "Look for the lists of guarded archives that are not declared"): LOOKS,
    ("roles/housekeeping/tasks/main.yml", "Install the configuration of housekeeping"): TEXT,
    ("roles/housekeeping/tasks/main.yml", "Remove old figures"): "listops-publish goes by descriptors",
    ("roles/mailman/tasks/core21.yml", "Install mm_cfg.py"): LEFT_TO_ROOT,
    ("roles/mailman/tasks/find21.yml", "Look for Mailman's commands"): LOOKS,
    ("roles/mailman/tasks/find21.yml", "Look for mm_cfg.py"): LOOKS,
    ("roles/mailman/tasks/find21.yml", "Look at the owners of Mailman's folders"): LOOKS,
    ("roles/mailman/tasks/mailman21.yml", "Look at the files of secrets"): LOOKS,
    ("roles/mailman/tasks/secrets.yml", "Read the kept secrets"): LEFT_TO_ROOT,
    ("roles/mailman/tasks/secrets.yml", "Read the generated secrets"): LEFT_TO_ROOT,
    (
        "roles/mailman/tasks/refuse.yml",
        "Read the present configuration",
    ): "present.py opens databases as their users",
    ("roles/spamassassin/tasks/install.yml", "Create the user, without login and without password"): TEXT,
    ("roles/spamassassin/tasks/service.yml", "Read the state of the daemon"): TEXT,
    ("roles/spool_tmpfs/tasks/foreign.yml", "Resolve links"): "looks only: readlink",
    ("roles/spool_tmpfs/tasks/foreign.yml", "Compute the names of mount units"): "opens no path: systemd-escape",
    (
        "roles/spool_tmpfs/tasks/mount.yml",
        "Remove other entries of fstab for the same directories",
    ): "writes /etc/fstab only",
    ("roles/migrate/tasks/kind.yml", "Look for Mailman 2.1 on the old server"): LOOKS,
    ("roles/migrate/tasks/files.yml", "Copy the files"): "there as Mailman's user, into a folder of root's here",
    ("roles/spool_tmpfs/tasks/mount.yml", "Record the mounts, with the options that they have now"): MOUNTED,
    ("roles/spool_tmpfs/tasks/unmount.yml", "Give back the directories that are no longer declared"): MOUNTED,
    ("roles/spool_tmpfs/tasks/unmount.yml", "Remove their entries from fstab"): "writes /etc/fstab only",
}


def test_the_walk_sees_what_it_is_for() -> None:
    """The tasks that were attacked, as they were."""
    known = {"home": "/var/lib/spamd", "_places": ["{{ home }}/.spamassassin"]}
    assert below(with_variables("{{ _places }}", known)) == ["/var/lib/spamd"]
    assert below("/var/lib/mailman3/web") == ["/var/lib/mailman3"]
    assert below("/var/lib/mailman-web /srv/var/lib/mailman3 /etc/mailman3/x") == []
    task = {"block": [{"name": "x", "ansible.builtin.file": {"path": "/x"}, "become_user": "list"}]}
    assert [becomes for _task, becomes in tasks_in([task])] == [True]
    assert AS_USER.search("runuser -u list -- find") and AS_USER.search("/x\nsetpriv --reuid=list") is not None
    assert not AS_USER.search("find -u list")
    assert len(all_tasks()) > 200


def test_no_task_goes_below_a_folder_of_a_service_user_as_root() -> None:
    found = {
        (task.where, task.name): f"{task.module}: {', '.join(below(task.text))}"
        for task in all_tasks()
        if below(task.text)
        and not task.as_user
        and not task.module.startswith(MODULES_OF_OURS)
        and not TOUCH_NOTHING.fullmatch(task.module)
    }
    new = {key: said for key, said in found.items() if key not in NAMED}
    assert not new, new
    assert not NAMED.keys() - found.keys(), "named, and not there any more"


@pytest.mark.parametrize(
    "task",
    [task for task in all_tasks() if NAMED.get((task.where, task.name)) == LOOKS],
    ids=lambda task: f"{task.where}: {task.name}",
)
def test_what_looks_only_reads_nothing(task: Task) -> None:
    assert task.module == "ansible.builtin.stat"
    tasks = tasks_in(yaml.safe_load((ROOT / task.where).read_text(encoding="utf-8")))
    options = next(entry["ansible.builtin.stat"] for entry, _becomes in tasks if entry.get("name") == task.name)
    assert (options["get_checksum"], options["get_mime"], options["get_attributes"]) == (False, False, False)


# Units that start as root, and what of that is root's.
ROOT_UNITS = {
    "roles/housekeeping/templates/listops-metrics.service.j2": "a program of root's, which asks Mailman as its user",
    "roles/backup/templates/listops-dump.service.j2": "a program of root's, which reads databases as their users",
    "roles/migrate/templates/listops-closed.service.j2": "nft, with a file of root's",
    "roles/spamassassin/templates/spamassassin-maintenance.service.conf.j2": "a program of root's, which updates as debian-spamd",
}


def test_units_run_as_a_user_or_start_a_program_of_roots() -> None:
    started = [
        path for path in ROOT.glob("roles/*/templates/*service*.j2") if "ExecStart=" in path.read_text(encoding="utf-8")
    ]
    assert len(started) >= 5
    as_root = {
        str(path.relative_to(ROOT))
        for path in started
        if not re.search("^User=", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert as_root == ROOT_UNITS.keys()
    for path in ROOT_UNITS:
        commands = re.findall(r"^Exec\w+=[-+]*(\S+)", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)
        assert all(command.startswith(("/usr/local/sbin/", "/usr/sbin/")) for command in commands), commands


def test_no_unit_lets_root_work_in_a_folder_of_others() -> None:
    """systemd opens files, and runs commands with +, as root."""
    for path in ROOT.glob("roles/*/templates/*service*.j2"):
        text = with_variables(path.read_text(encoding="utf-8"), variables(path.relative_to(ROOT).parts[1]))
        lines = re.findall(r"^(?:Exec\w+=-?\+.*|Standard\w+=(?:file|append|truncate):.*)$", text, re.MULTILINE)
        assert not lines, (path, lines)


def test_the_order_of_what_is_left_to_root() -> None:
    """The folders of Mailman 2.1 are left to root, and links refused, before anything is written there."""
    (block,) = [
        task for task in yaml.safe_load((ROOT / "roles/mailman/tasks/mailman21.yml").read_text()) if "block" in task
    ]
    names = [task["name"] for task in block["block"]]
    assert names[:4] == [
        "Restrict the folders of programs and configuration to root",
        "Look at the files of secrets",
        "Refuse links in place of secrets",
        "Keep the secrets",
    ]


def test_log_rotation_is_done_by_the_user_whose_logs_they_are() -> None:
    for path in ("roles/mailman/files/logrotate.conf", "roles/mailman/templates/mailman21.logrotate.j2"):
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(r"^\tsu (?!root)", text, re.MULTILINE), path
        # scripts run as root
        script = text.partition("postrotate")[2].partition("endscript")[0]
        commands = {line.split()[0] for line in script.splitlines() if line.strip()} - {"if", "fi"}
        assert commands == {"systemctl"}, path


# Programs that start as root and import what is not root's alone: each gives up root before its first such line.
GIVE_UP_ROOT = {
    "roles/mailman/files/check_core.py": "import mailman",
    "roles/mailman/files/check_web.py": "import django",
}


@pytest.mark.parametrize("path", GIVE_UP_ROOT)
def test_a_program_gives_up_root_before_it_imports(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    steps = [text.index(step) for step in ("os.initgroups(", "os.setgid(", "os.setuid(", GIVE_UP_ROOT[path])]
    assert steps == sorted(steps)
    # nothing of a service's before that
    names = {
        alias.name for node in ast.parse(text[: steps[2]]).body if isinstance(node, ast.Import) for alias in node.names
    }
    assert names <= {"os", "pwd", "sys", "types"}


# Where modules, which run as root, open files or start programs; what is sent to another interpreter runs as its user.
OPENS = {
    "module_utils/_archives/guard.py:*": "in a folder of root's",
    "module_utils/_migrate/archive.py:*": "through descriptors; a file without a name",
    "module_utils/_migrate/tree.py:*": "by descriptors",
    "module_utils/_migrate/folder.py:*": "by descriptors",
    "module_utils/_migrate/whole/place.py:*": "dumps in a folder of root's; sh, as the user",
    "module_utils/_programs/process.py:first_line": "head, as the user",
    "module_utils/_programs/process.py:__enter__": "the interpreter, as the user; a file without a name",
    "module_utils/_redaction/escrow.py:seal": "through descriptors",
    "module_utils/_nofollow.py:*": "the descriptors",
    "module_utils/_openpgp.py:*": "gpg, in a folder of its own",
    "module_utils/_patterns.py:_start": "Ansible's own interpreter, isolated, with a program that opens nothing",
    "module_utils/_systemd.py:_run": "systemctl",
    "modules/config_copy.py:keep": "by descriptors",
    "modules/config_files.py:validate": "a file in Ansible's own folder, which nobody else can look into",
    "modules/host_info.py:read": "the system's own files",
    "modules/htdigest_user.py:*": "by descriptors; Ansible's own atomic_move, in a folder of root's",
    "modules/mailman_mbox.py:*": "by descriptors; a file without a name",
    "modules/service_directory.py:mount": "mount, by a descriptor",
}
CALLS = re.compile(
    r"open|os\.(?:open|mkdir|makedirs|rename|replace|unlink|remove|link|symlink|chown|chmod|lchown|utime|truncate)"
    r"|shutil\.\w+|subprocess\.\w+|tempfile\.\w+|os\.(?:exec\w+|spawn\w+|system|popen)"
)


def opens(path: Path) -> Iterator[str]:
    """The functions of a file that open files or start programs."""

    def walk(node: ast.AST, function: str) -> Iterator[str]:
        for child in ast.iter_child_nodes(node):
            name = child.name if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)) else function
            if isinstance(child, ast.Call) and CALLS.fullmatch(ast.unparse(child.func)):
                yield name
            yield from walk(child, name)

    yield from walk(ast.parse(path.read_text(encoding="utf-8")), "")


def test_modules_open_files_and_start_programs_in_few_places() -> None:
    plugins = ROOT / "plugins"
    # what is below a folder `remote` is sent to the interpreter of a service
    files = [path for path in plugins.glob("module*/**/*.py") if "remote" not in path.parts]
    found = set()
    for path in files:
        where = str(path.relative_to(plugins))
        whole = f"{where}:*"
        found |= {whole if whole in OPENS else f"{where}:{function}" for function in opens(path)}
    assert found == OPENS.keys()


# The same of programs that roles install or run: those of root's, and the user as whom each other one runs.
OPENED_BY_PROGRAMS = {
    "acme/files/certificate.py:put": "in /etc/listops, by a file of another name",
    "acme/files/certificate.py:run": "certbot, openssl and systemctl",
    "acme/files/certificate.py:stand_in": "a folder that only root can look into",
    "backup/files/listops-dump:as_user": "each command as the user whose files they are",
    "backup/files/listops-dump:dump_sqlite": "by descriptors; the copy is made as the user",
    "backup/files/listops-dump:fsync_directory": "a folder of root's",
    "backup/files/listops-dump:make_set": "in a folder of root's",
    "backup/files/listops-dump:run": "each command as the user whose files they are",
    "backup/files/listops-dump:tidy": "in a folder of root's",
    "housekeeping/files/listops-publish:main": "by descriptors",
    "housekeeping/files/listops-publish:printed": "the command as its user",
    "mailman/files/present.py:as_user": "the command as its user",
    "mailman/files/present.py:sections": "Mailman's configuration, in a folder of root's",
    "mailman/files/present.py:text": "Debian's configuration, in a folder of root's",
    "mailman/files/check_core.py:": "the candidate that Ansible made; root is given up before anything is imported",
    "mailman/files/check_web.py:": "the candidate that Ansible made; root is given up before anything is imported",
}
RUN_AS_USERS = {
    "apache/files/archive_access.py": "www-data",
    "apache/files/archive_access_settings.py": "www-data",
    "exim/files/check_message.py": "Debian-exim",
    "housekeeping/files/mailman21": "list",
    "housekeeping/files/mailman3": "list",
    "mailman/files/listops_room.py": "list",
    "mailman/files/listops_web": "www-data",
    "mailman/files/mailman21.py": "list",
    "mailman/files/web_state.py": "www-data",
}


def test_programs_of_root_open_files_in_few_places() -> None:
    found: set[str] = set()
    users: set[str] = set()
    for path in sorted((ROOT / "roles").glob("*/files/**/*")):
        where = str(path.relative_to(ROOT / "roles"))
        is_python = path.is_file() and (path.suffix == ".py" or path.read_bytes().startswith(b"#!/usr/bin/python3"))
        user = next((program for program in RUN_AS_USERS if where == program or where.startswith(program + "/")), None)
        if user:
            users.add(user)
        elif is_python:
            found |= {f"{where}:{function}" for function in opens(path)}
    assert found == OPENED_BY_PROGRAMS.keys()
    assert users == RUN_AS_USERS.keys()


def test_scripts_of_root_work_as_the_updating_user() -> None:
    """What lies below a folder of debian-spamd's is touched by that user's commands alone."""
    text = (ROOT / "roles/spamassassin/files/spamassassin-update").read_text(encoding="utf-8")
    body = text.partition("cd /\n")[2].replace("\\\n", " ")
    # 2> /dev/null and comments apart
    lines = [line.strip() for line in body.splitlines() if re.search(r"\$(?:state|rules)\b", line)]
    assert len(lines) > 5
    assigned = re.compile(r"rules=\$state/\$\(perl ")
    assert not [line for line in lines if "as_updater" not in line and not assigned.match(line)]


def test_what_is_sent_elsewhere_is_in_folders_of_its_own() -> None:
    sent = {
        str(module.__file__).partition("/plugins/")[2] for program in PROGRAMS.values() for module in program.modules
    }
    assert sent == {
        str(path.relative_to(ROOT / "plugins")) for path in ROOT.glob("plugins/module_utils/**/remote/*.py")
    }


def test_what_is_sent_elsewhere_is_not_run_in_a_module() -> None:
    """Their own functions that write are for Mailman's user: nothing that stays with root calls them."""
    for path in (ROOT / "plugins/modules").glob("*.py"):
        assert ".remote" not in path.read_text(encoding="utf-8"), path
