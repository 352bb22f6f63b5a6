# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever has become a service's user gets no further: root neither follows nor starts what that user put there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support import site
from support.controller import ROOT, Controller
from support.mail_server import MailServer
from support.proved import Proved

# Files that only root may read, as many as an attacker would like to have.
SECRETS = "/root/proof-secrets"
COUNT = 40
# What a service's user lets run while root walks through its tree: a folder is a folder, and then a link.
SWAP = """
import os, sys
tree, secrets = sys.argv[1:]
folder = os.path.join(tree, "proof-swap")
for number in range(400):
    os.mkdir(f"{folder}-{number}")
print("ready", flush=True)
while True:
    for number in range(400):
        name = f"{folder}-{number}"
        os.rename(name, name + ".aside")
        os.symlink(secrets, name)
        os.unlink(name)
        os.rename(name + ".aside", name)
"""
# Tasks that give a service's user something, where, and how its role calls that.
DEFAULTS = {"spamassassin_home": "/var/lib/spamd", "spamassassin_user": "spamd", "spamassassin_group": "spamd"}
WALKS = [
    (
        "mailman/tasks/web.yml",
        "Give the web interface's files to its user",
        "/var/lib/mailman3/web/fulltext_index",
        "www-data",
    ),
    ("spamassassin/tasks/install.yml", "Give the Bayes database to the user", "/var/lib/spamd/.spamassassin", "spamd"),
]
SINGLE = [
    (
        "spamassassin/tasks/updates.yml",
        "Create the keyring's directory",
        "/var/lib/spamassassin/sa-update-keys",
        "debian-spamd",
    ),
]


def role_task(file: str, name: str, rounds: int) -> dict[str, Any]:
    """A role's own task, to be run that often."""
    tasks = yaml.safe_load((ROOT / "roles" / file).read_text(encoding="utf-8"))
    (task,) = [task for task in tasks if task["name"] == name]
    task = {key: value for key, value in task.items() if key != "when"}
    return {**task, "vars": DEFAULTS, "loop": task.get("loop", [""]) * rounds, "ignore_errors": True}


@pytest.fixture
def secrets(fermium: MailServer) -> Iterator[str]:
    fermium.check("install", "-d", "-m", "0755", SECRETS)
    make = f"cd {SECRETS}; umask 077; for n in $(seq {COUNT}); do echo secret > shadow-$n; done; chmod 0755 /root"
    mode = fermium.check("stat", "-c", "%a", "/root").strip()
    fermium.check("sh", "-c", make)
    yield SECRETS
    fermium.check("sh", "-c", f"rm -rf {SECRETS}; chmod {mode} /root")


def kept(fermium: MailServer, folder: str) -> int:
    """How many of the files are still root's alone."""
    return len(fermium.check("find", folder, "-type", "f", "-user", "root", "-group", "root", "-perm", "0600").split())


def as_user(user: str, *argv: str) -> tuple[str, ...]:
    return ("runuser", "-u", user, "--", *argv)


@pytest.mark.parametrize(("file", "name", "tree", "user"), WALKS)
def test_a_folder_that_becomes_a_link_gives_nothing_away(
    fermium: MailServer,
    controller: Controller,
    secrets: str,
    file: str,
    name: str,
    tree: str,
    user: str,
    proved: Proved,
) -> None:
    """The role's own task runs again and again, while its user swaps folders for links to root's files."""
    swap = shlex.join(as_user(user, "python3", "-c", SWAP, tree, secrets))
    fermium.check("sh", "-c", f"{swap} > /run/proof-swap.out 2>&1 & echo $! > /run/proof-swap.pid")
    fermium.check("sh", "-c", "until grep -q ready /run/proof-swap.out; do sleep 0.1; done")
    try:
        controller.screen([role_task(file, name, rounds=8)])
        swapped = fermium.check("cat", "/run/proof-swap.out").strip()
    finally:
        fermium.run("sh", "-c", "pkill -P $(cat /run/proof-swap.pid); kill $(cat /run/proof-swap.pid)")
        fermium.check("sh", "-c", f"rm -rf {tree}/proof-swap-*; rm -f /run/proof-swap.*")
    assert swapped == "ready", swapped
    assert kept(fermium, secrets) == COUNT
    proved(
        f"{user} swaps folders for links while root walks there: nothing is given away", f"8 walks, {COUNT} files kept"
    )


@pytest.mark.parametrize(("file", "name", "path", "user"), WALKS + SINGLE)
def test_a_link_planted_before_is_refused(
    fermium: MailServer,
    controller: Controller,
    secrets: str,
    file: str,
    name: str,
    path: str,
    user: str,
    proved: Proved,
) -> None:
    fermium.check("mv", path, f"{path}.aside")
    try:
        fermium.check(*as_user(user, "ln", "-s", secrets, path))
        said = controller.screen([role_task(file, name, rounds=1)])
        assert fermium.check("stat", "-c", "%U %a", secrets).split() == ["root", "755"]
        assert kept(fermium, secrets) == COUNT
        assert f"{path} leads through the symbolic link" in said, said
    finally:
        fermium.check("rm", "-f", path)
        fermium.check("mv", f"{path}.aside", path)
    proved(f"a link that {user} planted is refused with its name", path)


def test_nothing_is_mounted_where_a_link_leads(
    fermium: MailServer, controller: Controller, secrets: str, proved: Proved
) -> None:
    """Exim's own user would have a file system of its own over any folder of root's."""
    path = "/var/spool/exim4/proof"
    options: dict[str, Any] = {
        "path": path,
        "owner": "Debian-exim",
        "group": "Debian-exim",
        "mode": "0750",
        "tmpfs": "size=1m",
    }
    mounted = ("findmnt", "--noheadings", "--output", "TARGET,FSTYPE", "--mountpoint")
    try:
        fermium.check(*as_user("Debian-exim", "ln", "-s", secrets, path))
        assert "symbolic link" in controller.refused("listops.mailman.service_directory", **options)
        assert fermium.run(*mounted, secrets)["rc"] == 1
        fermium.check("rm", path)
        done = [controller.task("listops.mailman.service_directory", **options) for _round in range(2)]
        assert [said["mounted"] for said in done] == [True, False]
        assert fermium.check(*mounted, path).split() == [path, "tmpfs"]
    finally:
        fermium.run("umount", path)
        fermium.run("sh", "-c", f"rmdir {path} || rm -f {path}")
    assert kept(fermium, secrets) == COUNT
    proved("a tmpfs is mounted on the directory that was opened, and on no link's target", "1 mounted, 1 refused")


# Says who runs it, and then is the interpreter that it was asked for.
PLANTED = """#!/bin/sh
id -un >> /run/proof-planted/log
exec /usr/bin/python3 "$@"
"""


@pytest.mark.parametrize(("user", "option"), [("list", "mailman_command"), ("www-data", "web_manage")])
def test_an_interpreter_that_its_user_owns_is_never_started_as_root(
    fermium: MailServer, controller: Controller, user: str, option: str, proved: Proved
) -> None:
    """As in a virtual environment of Mailman's user: whatever the first line of its command names."""
    place = "/run/proof-planted"
    fermium.check("install", "-d", "-o", user, "-m", "0755", place)
    try:
        plant = f"cat > {place}/python3 && chmod 0755 {place}/python3"
        fermium.check(*as_user(user, "sh", "-c", plant), stdin=PLANTED)
        # HyperKitty's settings are found beside its manage.py
        copy = f"ln -s /usr/share/mailman3-web/*.py {place}/; rm -f {place}/command; cat > {place}/command"
        fermium.check(*as_user(user, "sh", "-c", copy), stdin=f"#!{place}/python3\n")
        if option == "mailman_command":
            options: dict[str, Any] = {option: f"{place}/command"}
            found = controller.task("listops.mailman.mailman_list_info", **options)
            assert site.PUBLIC in found["lists"]
        else:
            options = {"lists": [site.PUBLIC], "directory": "/root", option: f"{place}/command"}
            found = controller.task("listops.mailman.mailman_mbox", check_mode=True, **options)
            assert found["files"][0]["messages"] >= 0
        ran = fermium.check("cat", f"{place}/log").split()
    finally:
        fermium.check("rm", "-rf", place)
    assert set(ran) == {user}, ran
    proved(f"an interpreter of {user}'s own is started as {user}", f"{len(ran)} starts")


def test_a_command_is_read_as_its_user(
    fermium: MailServer, controller: Controller, secrets: str, proved: Proved
) -> None:
    said = controller.refused("listops.mailman.mailman_list_info", mailman_command=f"{secrets}/shadow-1")
    assert said == f"cannot read {secrets}/shadow-1 as list: Permission denied"
    proved("a command that leads to root's files is read as Mailman's user", "refused")


def test_a_dump_follows_nothing_of_a_services_user(fermium: MailServer, secrets: str, proved: Proved) -> None:
    """A database that its user made a link to one of root's is refused; one of its own is read as its user."""
    place, dumps, config = "/run/proof-databases", "/run/proof-dumps", "/run/proof-dump.json"
    fermium.check("install", "-d", "-o", "list", "-m", "0755", place)
    fermium.check("install", "-d", "-m", "0700", dumps)

    def dump(name: str) -> dict[str, Any]:
        databases = [{"name": "proof", "kind": "sqlite", "path": f"{place}/{name}"}]
        settings = {"directory": dumps, "keep": 1, "paths_file": "/dev/null", "databases": databases}
        fermium.ask("write", path=config, text=json.dumps(settings))
        return fermium.run("listops-dump", "--config", config)

    try:
        make = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('create table t (x)').connection.commit()"
        fermium.check("python3", "-c", make, f"{secrets}/root.db")
        fermium.check(*as_user("list", "python3", "-c", make, f"{place}/own.db"))
        fermium.check(*as_user("list", "ln", "-s", f"{secrets}/root.db", f"{place}/link.db"))
        fermium.check(*as_user("list", "ln", "-s", secrets, f"{place}/folder"))
        fermium.check("cp", f"{secrets}/root.db", f"{place}/moved.db")
        said = {name: dump(name) for name in ("own.db", "link.db", "folder/root.db", "moved.db")}
        assert {name: done["rc"] for name, done in said.items()} == {
            "own.db": 0,
            "link.db": 1,
            "folder/root.db": 1,
            "moved.db": 1,
        }, said
        assert f"leads through the link {place}/link.db" in said["link.db"]["err"]
        assert "belongs to root, in a folder that others can write to" in said["moved.db"]["err"]
        # what only its user could not read is not read by root in its place
        fermium.check("sh", "-c", f"chmod 0 {place}/own.db")
        assert dump("own.db")["rc"] == 1
    finally:
        fermium.check("rm", "-rf", place, dumps, config)
    proved("a dump follows no link of a service's user, and reads databases as their users", "1 made, 4 refused")
