# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Years in the life of a host, one after the other: the oldest release sets it up, the newest takes over, Debian 12 becomes Debian 13."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from support import site
from support.controller import ROOT, Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

SUFFIXES = "/usr/share/publicsuffix/public_suffix_list.dat"
OVERLAY = "molecule/resources/inventory/hosts.yml"
# As the release notes of Debian have it; services keep the configuration that they have.
UPGRADE = """
sed -i s/bookworm/trixie/g /etc/apt/sources.list $(find /etc/apt/sources.list.d -type f)
apt-get update -q
export DEBIAN_FRONTEND=noninteractive
apt-get -qy -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold full-upgrade
"""


def git(*argv: str) -> bytes:
    done = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), *argv], capture_output=True, check=False
    )
    assert done.returncode == 0, f"this story needs git and the history of this repository: {done.stderr.decode()}"
    return done.stdout


def oldest_release() -> tuple[str, str]:
    """The version, and the commit that released it: the first whose changelog has it."""
    shallow = git("rev-parse", "--is-shallow-repository").strip()
    assert shallow == b"false", "this story needs the history of this repository: run git fetch --unshallow"
    releases = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
    version = min(releases, key=lambda text: [int(part) for part in text.split(".")])
    day = f"release_date: '{releases[version]['release_date']}'"
    commits = git("log", "--reverse", "--format=%H", f"-S{day}", "--", "changelogs/changelog.yaml").decode().split()
    assert commits, f"no commit of this repository released {version}"
    assert yaml.safe_load(git("show", f"{commits[0]}:galaxy.yml"))["version"] == version
    return version, commits[0]


@dataclass
class Release:
    version: str
    controller: Controller


def controller_of(collections: pathlib.Path, inventory: pathlib.Path, overlay: pathlib.Path) -> Controller:
    engine, project = os.environ.get("LISTOPS_ENGINE") or "podman", os.environ.get("LISTOPS_PROJECT") or "listops"
    it = Controller(engine, project, inventories=[str(inventory), str(overlay)])
    it.environment["ANSIBLE_COLLECTIONS_PATH"] = str(collections)
    return it


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The oldest release, with the inventory that came with it."""
    version, commit = oldest_release()
    folder = tmp_path_factory.mktemp("oldest")
    tree = folder / "ansible_collections/listops/mailman"
    tree.mkdir(parents=True)
    archive = git("archive", commit, "galaxy.yml", "meta", "plugins", "roles", "playbooks", "inventory", "molecule")
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)
    return Release(version, controller_of(folder, tree / "inventory/hosts.yml", tree / OVERLAY))


@pytest.fixture(scope="module")
def new(old: Release) -> Controller:
    """This tree, with that inventory: who upgrades has no other."""
    inventory = pathlib.Path(old.controller.inventories[0])
    return controller_of(ROOT / ".ansible/collections", inventory, ROOT / OVERLAY)


@dataclass
class Life:
    """What the host has, and must keep."""

    link: str
    private_link: str
    subject: str
    held: set[str]
    members: dict[str, set[str]]


life: list[Life] = []


def members(fermium: MailServer) -> dict[str, set[str]]:
    return {
        f"{fqdn} {role}": set(fermium.members(fqdn, role))
        for fqdn in sorted(fermium.lists())
        for role in ("owner", "member", "nonmember")
    }


def alive(fermium: MailServer, outside: Outside, word: str) -> None:
    """All is there that was, the certificate too, and mail goes on."""
    (kept,) = life
    eventually(fermium.rest_answers, "Mailman answers", 120)
    now = members(fermium)
    assert {name: people for name, people in now.items() if name in kept.members} == kept.members
    assert kept.held <= set(fermium.held(site.PRIVATE))
    assert kept.subject in outside.wait_for_page(kept.link).text
    assert outside.get(kept.private_link).status in (401, 403, 404)
    assert outside.send(site.ALICE, site.PUBLIC, f"after {word}", f"Look at {word}.\n").accepted
    assert word in outside.wait_for_page(archived_at(outside.mailbox(site.ERIN).wait_for(word))).text


def test_the_oldest_release_sets_up_a_host(
    old: Release, fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    tree = pathlib.Path(old.controller.inventories[0]).parents[1]
    # It left Mailman to fetch the list of public suffixes, which this network does not have: posts would be shunted.
    fermium.check("apt-get", "install", "-qy", "publicsuffix", seconds=300)
    suffixes = {"mailman_settings": {"dmarc": {"org_domain_data_url": f"file://{SUFFIXES}"}}}
    old.controller.playbook(str(tree / "playbooks/site.yml"), f"--extra-vars={json.dumps(suffixes)}")
    outside.trusts(fermium.certificate())
    eventually(fermium.rest_answers, "Mailman answers", 120)
    assert fermium.subscribe(site.PUBLIC, site.ERIN)
    assert outside.send(site.ALICE, site.PUBLIC, f"old days {word}").accepted
    assert outside.send(site.ALICE, site.PRIVATE, f"secret {word}").accepted
    assert outside.send(site.STRANGER, site.PRIVATE, f"waits {word}").accepted
    eventually(lambda: f"waits {word}" in fermium.held(site.PRIVATE), "a stranger's post is held")
    link = archived_at(outside.mailbox(site.ERIN).wait_for(f"old days {word}"))
    private = archived_at(outside.mailbox(site.ALICE).wait_for(f"secret {word}"))
    outside.wait_for_page(link)
    life.append(Life(link, private, f"old days {word}", {f"waits {word}"}, members(fermium)))
    proved(f"release {old.version} sets up a host: lists, members, posts, one held", f"{len(fermium.lists())} lists")


def test_the_newest_takes_over(
    new: Controller, fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    foreseen = changed(new.playbook("playbooks/site.yml", "--check"))
    made = changed(new.playbook("playbooks/site.yml"))
    assert foreseen > 0 and made > 0
    alive(fermium, outside, word)
    assert changed(new.playbook("playbooks/site.yml")) == 0
    proved("the newest takes over with the same inventory; its second run changes nothing", f"{made} tasks changed")


def test_debian_12_becomes_debian_13(
    new: Controller, fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    assert fermium.check("cat", "/etc/debian_version").startswith("12.")
    fermium.check("sh", "-euc", UPGRADE, seconds=2400)
    fermium.lose_power()
    assert fermium.check("cat", "/etc/debian_version").startswith("13.")
    made: Any = changed(new.playbook("playbooks/site.yml"))
    alive(fermium, outside, word)
    assert changed(new.playbook("playbooks/site.yml")) == 0
    assert fermium.check("systemctl", "--failed", "--plain", "--no-legend") == ""
    proved("the host becomes Debian 13 and is converged again; mail, lists and archives are there", f"{made} changed")
