# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old held messages and stale requests go, young ones stay; figures are written whole and name no private list."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.controller import Controller
from support.mail_server import MailServer
from support.mailman21_server import Mailman21Server
from support.proved import Proved

LIST = "listops.mailman.mailman_list"
PROM = "/var/lib/prometheus/node-exporter/mailman.prom"
# Two posts held and two requests to join made by Mailman itself, one of each so many days ago.
MAKE = """
import sys
from datetime import timedelta
from mailman.app.moderator import hold_message
from mailman.app.subscriptions import SubscriptionWorkflow
from mailman.config import config
from mailman.core.initialize import initialize
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.usermanager import IUserManager
from mailman.testing.helpers import specialized_message_from_string as message
import mailman.app.moderator, mailman.app.subscriptions
from mailman.utilities.datetime import now
from zope.component import getUtility

initialize()
mlist = getUtility(IListManager).get(sys.argv[1])
for name, days in (("old", 61), ("young", 2)) if sys.argv[2:] == [] else [(str(number), 61) for number in range(int(sys.argv[2]))]:
    for module in (mailman.app.moderator, mailman.app.subscriptions):
        module.now = lambda tz=None: now() - timedelta(days=days)
    text = "From: s@example.com\\nTo: {0}\\nMessage-ID: <{1}-{2}>\\nSubject: {1}\\n\\nx\\n"
    hold_message(mlist, message(text.format(mlist.posting_address, name, mlist.list_name)), {}, "test")
    address = getUtility(IUserManager).create_address("{0}-{1}@example.net".format(name, mlist.list_name))
    list(SubscriptionWorkflow(mlist, address, pre_verified=True, pre_confirmed=True))
config.db.commit()
"""

# Each number of held messages that others see of a list, until it has none.
WATCH = """
import sqlite3, sys, time
base = sqlite3.connect("file:/var/lib/mailman3/data/mailman.db?mode=ro", 30, uri=True)
query = "SELECT count(*) FROM _request JOIN mailinglist list ON list.id = mailing_list_id WHERE list_id = ? AND request_type = 1"
seen = []
while not seen or seen[-1]:
    count = base.execute(query, sys.argv[1:]).fetchone()[0]
    if not seen or count != seen[-1]:
        seen.append(count)
        print(count, flush=True)
    time.sleep(0.01)
"""


@pytest.fixture
def lists(controller: Controller, word: str) -> Iterator[tuple[str, str]]:
    names = f"{word}-open@{site.DOMAIN}", f"{word}-shut@{site.DOMAIN}"
    yield names
    for name in names:
        controller.task(LIST, name=name, state="absent")


def let_wait(fermium: MailServer, name: str) -> None:
    if isinstance(fermium, Mailman21Server):
        for which, days in (("old", 61), ("young", 2)):
            address = f"{which}-{name.partition('@')[0]}@example.net"
            fermium.mailman("wait", name, name=which, days=days, address=address)
    else:
        fermium.check("runuser", "-u", "list", "--", "python3", "-c", MAKE, name)


def requests(fermium: MailServer, name: str) -> set[str]:
    return {address.partition("-")[0] for address in fermium.requests(name)}


def figures(fermium: MailServer) -> dict[str, int]:
    fermium.systemctl("restart", "listops-metrics.service")  # not one that is under way
    text = fermium.ask("read", path=PROM)
    return {key: int(value) for key, value in re.findall(r"^([^#\s]\S*) (\d+)$", text, re.MULTILINE)}


def test_old_things_go_and_young_ones_stay(
    fermium: MailServer, controller: Controller, lists: tuple[str, str], proved: Proved
) -> None:
    name, other = lists
    for each in lists:
        controller.task(
            LIST, name=each, subscription_policy="moderate", archive_policy="private", members=["m@example.net"]
        )
        let_wait(fermium, each)
    assert requests(fermium, name) == {"old", "young"} and set(fermium.held(name)) == {"old", "young"}
    before = figures(fermium)

    # what runs is what the timer starts
    timers = fermium.check("systemctl", "list-timers", "--all")
    assert "listops-housekeeping.timer" in timers and "listops-metrics.timer" in timers
    fermium.systemctl("start", "listops-housekeeping.service")
    for each in lists:
        assert set(fermium.held(each)) == {"young"}
        assert requests(fermium, each) == {"young"}
        assert set(fermium.members(each)) == {"m@example.net"}
    said = fermium.check("journalctl", "-u", "listops-housekeeping", "-o", "cat")
    assert f"discarded 1 held messages of {other}" in said
    fermium.systemctl("start", "listops-housekeeping.service")
    assert set(fermium.held(name)) == {"young"}

    after = figures(fermium)
    assert before["mailman_held_messages"] - after["mailman_held_messages"] == 2
    key = 'mailman_pending_requests{kind="subscription"}'
    assert before[key] - after[key] == 2
    assert after["mailman_lists"] == len(fermium.lists())
    assert after['mailman_memberships{role="member"}'] == sum(len(fermium.members(each)) for each in fermium.lists())
    proved("old held messages and requests are dropped, young ones stay", "2 + 2 dropped, 2 + 2 kept")


def test_many_old_ones_go_a_few_at_a_time(
    fermium: MailServer, controller: Controller, lists: tuple[str, str], proved: Proved
) -> None:
    """Mailman writes to its database at the same time."""
    if fermium.mailman21:
        pytest.skip("Mailman 2.1 has a lock for each list, and no database")
    name = lists[0]
    controller.task(LIST, name=name)
    fermium.check("runuser", "-u", "list", "--", "python3", "-c", MAKE, name, "70", seconds=300)
    command = [*fermium.engine, "exec", fermium.container, "python3", "-c", WATCH, name.replace("@", ".")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watch:
        try:
            assert watch.stdout and watch.stdout.readline() == "70\n"
            fermium.systemctl("start", "listops-housekeeping.service")
            seen = watch.communicate(timeout=60)[0].split()
        finally:
            watch.kill()
    assert seen == ["50", "30", "10", "0"]
    proved("many old held messages go in short transactions", "70 in 4")


def test_unfinished_files_in_queues_go(fermium: MailServer, word: str, proved: Proved) -> None:
    """Mailman leaves them on a full disk, most of them empty."""
    queue = fermium.idle_queue
    files = {
        "old": f"{queue}/1.1+{word}.pck.tmp",
        "young": f"{queue}/1.2+{word}.pck.tmp",
        "whole": f"{queue}/1.3+{word}.psv",
    }
    as_list = ("runuser", "-u", "list", "--")
    fermium.check(*as_list, "touch", "--date=2 hours ago", files["old"], files["whole"])
    fermium.check(*as_list, "touch", files["young"])
    fermium.systemctl("start", "listops-housekeeping.service")
    left = fermium.check("ls", queue).split()
    fermium.check("rm", "-f", *files.values())
    assert [name for name in left if word in name] == [f"1.2+{word}.pck.tmp", f"1.3+{word}.psv"]
    proved("what Mailman began to write into a queue, hours ago, is removed", "1 removed, 2 kept")


def test_figures_are_for_prometheus(
    fermium: MailServer, server: Any, controller: Controller, lists: tuple[str, str], proved: Proved
) -> None:
    public, private = lists
    controller.task(LIST, name=public, members=["a@example.net", "b@example.net"])
    controller.task(LIST, name=private, archive_policy="private", members=["a@example.net"])
    queue = fermium.idle_queue
    key = f'mailman_queue_files{{queue="{queue.rpartition("/")[2]}"}}'
    before = figures(fermium)
    fermium.check("runuser", "-u", "list", "--", "touch", f"{queue}/1.pck", f"{queue}/2.bak")
    after = figures(fermium)
    fermium.check("rm", f"{queue}/1.pck", f"{queue}/2.bak")
    assert after[key] == before[key] + 1
    assert "@" not in fermium.ask("read", path=PROM), "a list is named"
    found = server.file(PROM)
    assert (found.user, found.mode) == ("root", 0o644)
    assert server.file("/var/lib/prometheus/node-exporter").mode == 0o755
    assert not server.file(PROM + ".new").exists

    settings = "/etc/listops/housekeeping.json"
    kept = fermium.ask("read", path=settings)
    for which, named in (("public", {public}), ("all", {public, private})):
        fermium.ask("write", path=settings, text=json.dumps({**json.loads(kept), "per_list": which}))
        shown = {key for key in figures(fermium) if key.startswith("mailman_list_members{")}
        assert {key.partition('"')[2].rstrip('"}') for key in shown} & set(lists) == named
    # what fails leaves the last figures as they were
    whole = fermium.ask("read", path=PROM)
    fermium.ask("write", path=settings, text="{")
    assert fermium.run("systemctl", "start", "listops-metrics.service")["rc"] != 0
    assert fermium.ask("read", path=PROM) == whole
    fermium.ask("write", path=settings, text=kept)
    assert figures(fermium)["mailman_lists"] > 0
    proved("figures for Prometheus, whole, without the name of a private list", f"{len(after)} samples")


@pytest.mark.parametrize(
    "variables, sentence",
    [
        ({"housekeeping_held_days": -1}, "housekeeping_held_days is -1: give a number of days"),
        ({"housekeeping_metrics_directory": "here"}, 'housekeeping_metrics_directory is "here": give an absolute path'),
        ({"housekeeping_on_calendar": "sometimes"}, 'housekeeping_on_calendar is "sometimes": give a time as systemd'),
        ({"housekeeping_metrics_per_list": "some"}, "value of housekeeping_metrics_per_list must be one of"),
    ],
)
def test_bad_input(controller: Controller, variables: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    book = tmp_path / "play.yml"
    play = {"hosts": controller.host, "gather_facts": False, "roles": ["listops.mailman.housekeeping"]}
    book.write_text(json.dumps([play]), encoding="utf-8")
    said = controller.stopped(str(book), "-e", json.dumps(variables))
    assert sentence in said


def test_figures_follow_no_link_of_the_node_exporter(fermium: MailServer, proved: Proved) -> None:
    """Its package gives the folder above to its own user, who could have root write anywhere."""
    folder, elsewhere = PROM.rpartition("/")[0], "/root/proof-figures"
    above = folder.rpartition("/")[0]
    owner = fermium.check("stat", "-c", "%U:%G", above).strip()
    fermium.check("mkdir", elsewhere)
    fermium.check("chown", "nobody", above)
    fermium.check("mv", folder, folder + ".aside")
    try:
        fermium.check("runuser", "-u", "nobody", "--", "ln", "-s", elsewhere, folder)
        done = fermium.run("systemctl", "restart", "listops-metrics.service")
        said = fermium.check("journalctl", "-u", "listops-metrics", "-o", "cat", "-n", "20")
        found = fermium.check("ls", elsewhere)
    finally:
        fermium.check("rm", folder)
        fermium.check("mv", folder + ".aside", folder)
        fermium.check("chown", owner, above)
        fermium.check("rm", "-rf", elsewhere)
    assert done["rc"] and found == "", found
    assert "leads through the symbolic link" in said, said
    fermium.systemctl("restart", "listops-metrics.service")
    assert fermium.check("stat", "-c", "%U %a", PROM).split() == ["root", "644"]
    proved("figures go nowhere else by a link of the node exporter's user", "refused")
