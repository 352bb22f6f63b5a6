# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that was set up by hand (molecule/adopt/by_hand.sh) becomes an inventory, and is then run from it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support import site
from support.controller import Controller, changed, results
from support.mail_server import MailServer
from support.outside import Outside, archived_at
from support.proved import Proved

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
TALK, BOARD = (f"{name}@{site.DOMAIN}" for name in ("talk", "board"))
# What the operator decides after the refusals that name it.
DECIDED = {"apache_disabled_sites": ["lists"], "exim_system_domains": ["@", "localhost", "example.org"]}
EVERYWHERE = "^.*@everywhere\\.example\\.com$"
HOSTS = {"mailhosts": {"hosts": {"fermium": None}}}


# Of Mailman's database what lists are; a post moves the rest.
DUMP = """
import sqlite3
store = sqlite3.connect("file:/var/lib/mailman3/data/mailman.db?mode=ro", uri=True)
for table in ("mailinglist", "member", "ban", "headermatch", "address", "user", "domain", "acceptablealias"):
    for row in store.execute("select * from " + table + " order by 1"):
        print(table, row)
"""


class Operator(Controller):
    """A controller whose inventory has nothing but the name of the host, until the host is adopted.

    folder: of the inventory.
    """

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        super().__init__(
            ENGINE, PROJECT, inventories=(str(folder / "hosts.yml"), "molecule/resources/inventory/hosts.yml")
        )

    def adopt(self, *options: str) -> dict[str, Any]:
        where = f"--extra-vars=adopt_directory={self.variables} adopt_secrets=clear"
        return self.playbook("playbooks/adopt.yml", where, *options)

    @property
    def variables(self) -> pathlib.Path:
        return self.folder / "host_vars/fermium"


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    folder = tmp_path_factory.mktemp("inventory")
    (folder / "hosts.yml").write_text(yaml.safe_dump(HOSTS), encoding="utf-8")
    yield Operator(folder)
    shutil.rmtree(folder)


def everything(fermium: MailServer) -> str:
    """The host's configuration and its lists, so that a change of either is seen."""
    files = "find /etc /usr/local /var/www /var/lib/mailman3/templates -type f -exec sha256sum {} + | sort"
    return fermium.check("sh", "-c", f"{files}; python3 -c '{DUMP}'")


def test_mail_flows_before(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.ALICE, TALK, f"before {word}", f"By hand, said {word}.\n").accepted
    copy = outside.mailbox(site.BOB).wait_for(word)
    page = site.WEB + archived_at(copy).partition("/mailman3")[2]
    assert f"By hand, said {word}" in outside.wait_for_page(page).text
    fermium.ask("write", path="/root/before", text=page)
    proved("a server set up by hand serves its lists", "post distributed and archived")


def test_adopting_changes_nothing_on_the_host(fermium: MailServer, operator: Operator, proved: Proved) -> None:
    before = everything(fermium)
    assert changed(operator.adopt("--check", "--diff")) == 1
    assert not operator.variables.exists()
    assert changed(operator.adopt()) == 1
    assert changed(operator.adopt()) == 0
    assert everything(fermium) == before
    lines = (operator.variables / "lists.yml").read_text(encoding="utf-8").splitlines()
    assert "  - name: '1e3'" in lines
    assert '    description: !unsafe \'{{ lookup("pipe", "id") }}\'' in lines
    assert "    archive_policy: private" in lines
    server = yaml.safe_load((operator.variables / "server.yml").read_text(encoding="utf-8"))
    assert server["apache_tls_certificate"] == "/etc/ssl/certs/lists.pem"
    assert server["exim_system_domains"] == DECIDED["exim_system_domains"][:2] + ["fermium.example.org", "example.org"]
    assert (server["mailman_smtp_max_recipients"], server["mailman_web_time_zone"]) == (50, "Europe/Berlin")
    # Mailman does not know the former name, which only Exim and Apache have.
    assert any("acceptable_aliases" in line for line in lines)
    (bans,) = (line for line in lines if line.startswith("lists_site_bans:"))
    assert yaml.safe_load(bans) == {"lists_site_bans": [EVERYWHERE]}
    secrets = operator.variables / "secrets.yml"
    assert secrets.stat().st_mode & 0o777 == 0o600
    assert "mailman_archiver_key" in yaml.safe_load(secrets.read_text(encoding="utf-8"))
    proved("the server becomes an inventory, and is left as it is", f"{len(lines)} lines for 5 lists")


def test_the_lists_are_as_declared(fermium: MailServer, operator: Operator, proved: Proved) -> None:
    before = everything(fermium)
    said = operator.playbook("playbooks/lists.yml")
    assert changed(said) == 0
    assert not any(result.get("undeclared") for result in results(said))
    assert everything(fermium) == before
    proved("a run of the adopted lists changes nothing, and none is undeclared", "changed=0")


def test_what_a_run_would_take_away_is_named_first(fermium: MailServer, operator: Operator, proved: Proved) -> None:
    before = everything(fermium)
    # before the first change, whichever role it is in the way of
    for options in (["--check"], []):
        told = operator.stopped("playbooks/site.yml", *options)
        assert "/etc/apache2/sites-enabled/lists.conf" in told and "apache_disabled_sites" in told
        assert everything(fermium) == before
    proved("what the site would take away is refused first", told.partition(": ")[0])


def test_the_site_takes_over(operator: Operator, proved: Proved) -> None:
    decided = f"--extra-vars={json.dumps(DECIDED)}"
    assert (count := changed(operator.playbook("playbooks/site.yml", decided))) > 0
    assert changed(operator.playbook("playbooks/site.yml", decided)) == 0
    proved("the site takes over", f"changed={count}, then changed=0")


def test_mail_goes_on(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    outside.trusts(fermium.certificate())
    assert outside.send(site.ALICE, TALK, f"after {word}", f"From inventory, said {word}.\n").accepted
    copy = outside.mailbox(site.BOB).wait_for(word)
    assert len(outside.mailbox(site.ALICE).all(word)) == 1
    assert f"said {word}" in outside.wait_for_page(archived_at(copy)).text
    # what was posted before is where it was
    assert "By hand, said" in outside.wait_for_page(fermium.check("cat", "/root/before")).text
    stranger = outside.send(site.STRANGER, TALK, f"stranger {word}", "Buy.\n")
    assert stranger.accepted
    fermium.becomes(lambda: any(word in each["subject"] for each in fermium.held(TALK).values()), "a stranger is held")
    assert outside.get(f"{site.ARCHIVES}/list/{BOARD}/").status in (401, 403, 404)
    proved(
        "the site takes over: posts arrive once, old pages answer, strangers are held, the private archive is shut",
        "ok",
    )


def test_what_is_not_ours_is_as_it_was(fermium: MailServer, proved: Proved) -> None:
    said = fermium.check("curl", "-s", "-H", "Host: club.example.org", "http://127.0.0.1/")
    assert said == "The club of Fermium\n"
    assert "olga@example.net" in fermium.check("exim", "-bt", "webteam@example.org")
    proved("another site of Apache and an alias of Exim are as they were", "club.example.org, webteam@example.org")
