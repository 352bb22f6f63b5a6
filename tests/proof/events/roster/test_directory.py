# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members come from a directory, asked as the runbook does it; one that cannot say who they are changes nothing."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import site
from support.controller import ROOT, Controller, changed
from support.mail_server import MailServer
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
READER = "cn=reader,dc=example,dc=org"
ZOE = "Zoë Ångström-Łukasiewicz"
LONG = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff, whose name takes more than one line of LDIF"
# shows people to its reader only
CONFIGURATION = f"""include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile /run/slapd/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=example,dc=org
directory /var/lib/ldap
access to attrs=userPassword by anonymous auth
access to * by dn.exact={READER} read by anonymous auth
"""


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def entry(name: str, *mail: str) -> str:
    word = name.partition(" ")[0].lower().replace("ë", "e")
    lines = [
        f"dn: uid={word},ou=staff,dc=example,dc=org",
        "objectClass: inetOrgPerson",
        f"cn:: {encoded(name)}",
        "sn: x",
    ]
    return "\n".join([*lines, *(f"mail:: {encoded(address)}" for address in mail)]) + "\n\n"


@pytest.fixture
def password(fermium: MailServer) -> Iterator[str]:
    """A directory on the host; its reader's password."""
    password = secrets.token_hex(12)
    fermium.check("debconf-set-selections", stdin="slapd slapd/no_configuration boolean true\n")
    install = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy --no-install-recommends install"
    # it does not start without its configuration
    fermium.systemctl("mask", "slapd")
    fermium.check("sh", "-c", f"{install} slapd python3-ldap", seconds=600)
    fermium.systemctl("unmask", "slapd")
    tree = "dn: dc=example,dc=org\nobjectClass: domain\n\n"
    tree += f"dn: {READER}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: {password}\n\n"
    for name in ("staff", "nobody"):
        tree += f"dn: ou={name},dc=example,dc=org\nobjectClass: organizationalUnit\n\n"
    tree += entry("Alice Doe", site.ALICE) + entry(ZOE, "zoe@example.net") + entry("Nomail Person")
    tree += entry("Bob Two", "bob@example.net", "Bob@work.example.net") + entry(LONG, "hubert@example.net")
    fermium.check(
        "sh", "-c", "rm -rf /var/lib/ldap; mkdir /var/lib/ldap; cat > /etc/ldap/slapd.conf", stdin=CONFIGURATION
    )
    fermium.check("slapadd", "-q", "-f", "/etc/ldap/slapd.conf", "-l", "/dev/stdin", stdin=tree)
    fermium.check("chown", "-R", "openldap:openldap", "/var/lib/ldap")
    fermium.systemctl("restart", "slapd")
    yield password
    fermium.check("systemctl", "disable", "--now", "slapd")
    fermium.check("rm", "-r", "/etc/ldap/slapd.conf", "/var/lib/ldap")


@pytest.fixture
def name(controller: Controller, word: str) -> Iterator[str]:
    name = f"{word}@{site.DOMAIN}"
    controller.task(LIST, name=name, members=[site.ALICE, "gone@example.net"])
    yield name
    controller.task(LIST, name=name, state="absent")


def test_the_roster_follows_a_directory(
    fermium: MailServer, controller: Controller, name: str, password: str, tmp_path: Path, proved: Proved
) -> None:
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    runbook = text.partition("```yaml\n# staff.yml\n")[2].partition("```")[0]
    assert [runbook.count(part) for part in ("ldaps://ldap.example.org", "name: staff\n", "dn: ou=staff,")] == [1, 1, 1]
    runbook = runbook.replace("ldaps://ldap.example.org", "ldap://127.0.0.1").replace(
        "name: staff\n", f"name: {name}\n"
    )
    options = ("-e", json.dumps({"vault_directory_password": password}))

    def play(branch: str = "ou=staff") -> str:
        """The runbook's own lines, for a branch of the directory."""
        path = tmp_path / f"{branch}.yml"
        path.write_text(runbook.replace("ou=staff", branch), encoding="utf-8")
        return str(path)

    said = controller.playbook(play(), *options)
    assert password not in json.dumps(said)
    wanted = {site.ALICE: "Alice Doe", "zoe@example.net": ZOE, "hubert@example.net": LONG}
    wanted |= {"bob@example.net": "Bob Two", "bob@work.example.net": "Bob Two"}
    members = fermium.members(name)
    assert {address: member["display_name"] for address, member in members.items()} == wanted
    assert changed(controller.playbook(play(), *options), controller.host) == 0

    nobody, elsewhere = play("ou=nobody"), play("ou=elsewhere")
    assert "would remove 5 of 5 and leave 0: give allow_shrink" in controller.stopped(nobody, *options)
    assert controller.stopped(elsewhere, *options) == "Base not found: ou=elsewhere,dc=example,dc=org"
    fermium.systemctl("stop", "slapd")
    assert controller.stopped(play(), *options) == "Cannot bind to the server."
    assert fermium.members(name) == members
    proved("members follow a directory; one that is down, or knows nobody, changes nothing", f"{len(members)} members")
