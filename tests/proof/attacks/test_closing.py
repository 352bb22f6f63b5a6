# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list that becomes private is private from then on, whatever is posted and asked for meanwhile."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import site, stranger
from support.controller import Controller, differences
from support.inside import eventually
from support.ladder import INFO, LIST
from support.mail_server import MailServer
from support.outside import CERTIFICATE, Outside, archived_at
from support.proved import Proved

GUARD = "/var/lib/listops/private-archives.json"
TASK, PROGRAM, ANSWERS = "/run/stranger.json", "/run/stranger.py", "/run/stranger.log"
SWITCHES = 3
# So long a list stays private, and is asked for.
PRIVATE_SECONDS = 4
# Until somebody stops it, nobody else can write to Mailman's database.
KEEP_BUSY = """
import os, sqlite3, subprocess, time
path = "/var/lib/mailman3/data/mailman.db"
if os.path.exists(path):
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
else:
    argv = ["runuser", "-u", "postgres", "--", "psql", "--quiet", "mailman3"]
    psql = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd="/")
    psql.stdin.write(b"BEGIN; LOCK TABLE mailinglist IN EXCLUSIVE MODE;\\n\\\\echo locked\\n")
    psql.stdin.flush()
    assert psql.stdout.readline() == b"locked\\n"
open("/run/busy", "w").close()
while os.path.exists("/run/busy"):
    time.sleep(0.1)
"""
WAITING = "from django_q.models import OrmQ; print(sum('update_from_mailman' in str(task.func()) for task in OrmQ.objects.all()))"
ASK_MAILMAN = """
from hyperkitty.models import MailingList
MailingList.objects.get(name='{0}').update_from_mailman()
"""
PRIVATE, OPEN = 1, 2
DAMAGES = ("rm -f {0}", "truncate --size=-4 {0}", "chmod o+w {0}", "chown www-data {0}")


@pytest.fixture
def busy(fermium: MailServer, outside: Outside, controller: Controller, word: str) -> Iterator[str]:
    """A public list with a post in its archive."""
    name = f"{word}@{site.DOMAIN}"
    controller.task(LIST, name=name, archive_policy="public", default_nonmember_action="accept")
    fermium.subscribe(name, site.ALICE)
    yield name
    outside.run("rm", "-f", TASK)
    find = ("find", "/var/lib/mailman3/queue/in", "/var/lib/mailman3/queue/pipeline", "-type", "f")
    eventually(lambda: not fermium.run(*find)["out"], "all posts are dealt with", 300)
    controller.task(LIST, name=name, state="absent", archives="drop")


def posted(outside: Outside, name: str, word: str) -> str:
    """A post to a list: its page in the archive."""
    assert outside.send(site.ALICE, name, f"verdict {word}", f"Guilty, {word}.\n").accepted
    return archived_at(outside.mailbox(site.ALICE).wait_for(f"verdict {word}"))


def ways(name: str, message: str, word: str) -> list[tuple[str, bool]]:
    """Where an archive can be seen, and whether that is a page of the list itself."""
    archive, api = f"{site.ARCHIVES}/list/{name}/", f"{site.ARCHIVES}/api/list/{name}/"
    own = [message, archive, f"{archive}latest", f"{archive}feed/", f"{archive}export/{name}.mbox.gz"]
    own += [f"{archive}recent-threads", api, f"{api}emails/", f"{api}threads/"]
    own += [f"{api}email/{message.rstrip('/').rpartition('/')[2]}/", f"{site.ARCHIVES}/search?mlist={name}&q={word}"]
    of_all = [f"{site.ARCHIVES}/search?q={word}", f"{site.ARCHIVES}/?sort=name", f"{site.ARCHIVES}/?name={word}"]
    of_all += [f"{site.ARCHIVES}/find-list?term={word}", f"{site.ARCHIVES}/api/lists/?limit=1000"]
    of_all += [f"{site.ARCHIVES}/api/sender/{site.ALICE}/emails/"]
    return [(url, True) for url in own] + [(url, False) for url in of_all]


def row(fermium: MailServer, name: str, policy: int | None = None) -> int:
    """What HyperKitty itself says of a list, or is made to say behind everybody's back."""
    said = f"from hyperkitty.models import MailingList\nrow = MailingList.objects.filter(name={name!r})\n"
    if policy is not None:
        said += f"row.update(archive_policy={policy})\n"
    shown = fermium.manage("shell", stdin=said + "print('policy', row.get().archive_policy)\n")
    return int(shown.rpartition("policy ")[2])


def seen(outside: Outside, urls: list[tuple[str, bool]], *secrets: str) -> list[tuple[str, int]]:
    """The ways by which an archive is seen."""
    answers = [(url, own, outside.get(url)) for url, own in urls]
    return [
        (url, page.status)
        for url, own, page in answers
        if (page.status == 200 and (own or any(secret in page.text for secret in secrets)))
        # the one list that was found
        or any(secret in page.headers.get("location", "") for secret in secrets)
    ]


def test_a_list_is_private_before_mailman_knows_it(
    fermium: MailServer, outside: Outside, controller: Controller, busy: str, word: str, proved: Proved
) -> None:
    message = posted(outside, busy, word)
    outside.wait_for_page(message)
    urls = ways(busy, message, word)
    fermium.manage("update_index")
    assert len(seen(outside, urls, busy, f"verdict {word}")) == len(urls), "not all of these are ways to see it"
    fermium.ask("write", path="/run/busy.py", text=KEEP_BUSY)
    fermium.check("sh", "-c", "python3 /run/busy.py > /dev/null 2>&1 &")
    eventually(lambda: fermium.run("test", "-e", "/run/busy")["rc"] == 0, "Mailman's database is busy")
    try:
        run = controller.begin(LIST, name=busy, archive_policy="private")
        eventually(lambda: row(fermium, busy) == PRIVATE, "the archive is told")
        # what HyperKitty does with each post: it asks Mailman, which does not know it yet
        fermium.manage("shell", stdin=ASK_MAILMAN.format(busy))
        assert row(fermium, busy) == OPEN
        assert seen(outside, urls, busy, f"verdict {word}") == []
        # a run that is killed here leaves it so, and the next one finishes
        run.kill()
        run.wait()
        for process in fermium.processes("AnsiballZ_mailman_list"):
            fermium.run("kill", "-KILL", str(process["pid"]))
        assert seen(outside, urls, busy, f"verdict {word}") == []
    finally:
        fermium.run("rm", "-f", "/run/busy")
    eventually(lambda: not fermium.processes("AnsiballZ_mailman_list"), "the run is gone")
    controller.task(LIST, name=busy, archive_policy="private")
    assert row(fermium, busy) == PRIVATE
    assert fermium.rest("GET", f"lists/{busy}/config")["archive_policy"] == "private"
    assert controller.task(LIST, name=busy, archive_policy="private")["changed"] is False
    assert seen(outside, urls, busy, f"verdict {word}") == []
    assert controller.task(LIST, name=busy, archive_policy="public")["changed"]
    assert len(seen(outside, urls, busy, f"verdict {word}")) == len(urls), "it was not opened"
    proved("a list is private before Mailman knows it, and after a run that was killed", f"{len(urls)} ways, 0 see it")


def test_an_archive_that_somebody_opened_is_seen_and_shut(
    fermium: MailServer, outside: Outside, controller: Controller, busy: str, word: str, proved: Proved, tmp_path: Path
) -> None:
    message = posted(outside, busy, word)
    outside.wait_for_page(message)
    urls = ways(busy, message, word)
    # what other proofs have left; and after a post HyperKitty asks Mailman, which would be too early
    controller.task(LIST, lists=[])
    eventually(lambda: fermium.manage("shell", stdin=WAITING).split()[-1] == "0", "HyperKitty has asked")
    # as its owner does in Postorius; nobody has declared this list
    fermium.rest("PATCH", f"lists/{busy}/config", archive_policy="private")
    assert row(fermium, busy, OPEN) == OPEN
    shown = controller.playbook("playbooks/lists.yml", "--check", "--diff")
    assert sorted(differences(shown)) == [
        "+archive_guarded: true",
        "+archive_shown: private",
        "-archive_guarded: false",
        "-archive_shown: public",
    ]
    assert row(fermium, busy) == OPEN, "check mode wrote"
    assert controller.task(INFO, lists=[busy])["lists"][busy]["archive_shown"] == "public"
    page = tmp_path / "audit.html"
    controller.playbook("playbooks/audit.yml", f"--extra-vars=audit_page={page}")
    audited = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    assert audited["summary"]["exposed"] == 1
    assert [entry["name"] for entry in audited["lists"] if entry["exposed"]] == [busy]
    assert controller.task(LIST, lists=[])["changed"] is True
    assert (row(fermium, busy), seen(outside, urls, busy, f"verdict {word}")) == (PRIVATE, [])
    assert controller.task(LIST, lists=[])["changed"] is False
    # now that the guard knows it, the row alone opens nothing
    assert row(fermium, busy, OPEN) == OPEN
    assert seen(outside, urls, busy, f"verdict {word}") == []
    assert controller.task(LIST, lists=[])["changed"] is True
    assert row(fermium, busy) == PRIVATE
    # its owner opens it
    fermium.rest("PATCH", f"lists/{busy}/config", archive_policy="public")
    assert controller.task(LIST, lists=[])["changed"] is True
    assert controller.task(LIST, lists=[])["changed"] is False
    assert outside.get(message).status == 200
    proved("an archive that is open although its list is private is reported, audited and shut", "3 drifts, 0 left")


def test_without_the_names_of_private_lists_every_archive_is_shut(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    outside.wait_for_page(posted(outside, site.PUBLIC, word))
    archive = f"{site.ARCHIVES}/list/{site.PUBLIC}/"
    shut = [archive, f"{archive}latest", f"{archive}feed/", f"{site.ARCHIVES}/api/list/{site.PUBLIC}/emails/"]
    assert outside.get(archive).status == 200
    kept = fermium.ask("read", path=GUARD)
    for damage in DAMAGES:
        fermium.check("sh", "-c", damage.format(GUARD))
        try:
            assert [outside.get(url).status for url in shut] == [403] * len(shut), damage
            for url in (f"{site.ARCHIVES}/", f"{site.ARCHIVES}/api/lists/?limit=1000"):
                page = outside.get(url)
                assert (page.status, site.PUBLIC in page.text) == (200, False), damage
        finally:
            mended = controller.task(LIST, lists=[])
        assert mended["changed"] is True, damage
        assert fermium.ask("read", path=GUARD) == kept
        assert fermium.check("stat", "--format=%U %G %a", GUARD) == "root www-data 640\n"
    assert controller.task(LIST, lists=[])["changed"] is False
    assert outside.get(archive).status == 200
    proved("without the names of private lists every archive is shut, until the next run", f"{len(DAMAGES)} damages")


def test_no_stranger_sees_a_list_that_has_become_private(
    fermium: MailServer, outside: Outside, controller: Controller, busy: str, word: str, proved: Proved
) -> None:
    message = posted(outside, busy, word)
    outside.wait_for_page(message)
    host = f"https://{site.DOMAIN}"
    paths = [(url.removeprefix(host), own) for url, own in ways(busy, message, word)]
    task = {"host": site.DOMAIN, "paths": paths, "secrets": [busy, f"verdict {word}"], "certificate": CERTIFICATE}
    task |= {"server": site.DOMAIN, "sender": site.ALICE, "list": busy, "subject": f"verdict {word}"}
    outside.ask("write", path=TASK, text=json.dumps(task))
    outside.ask("write", path=PROGRAM, text=Path(stranger.__file__).read_text(encoding="utf-8"))
    outside.check("sh", "-c", f"python3 {PROGRAM} {TASK} > {ANSWERS} 2>&1 &")
    # from when on nobody may see it, and when it was opened again
    spells = []
    for _number in range(SWITCHES):
        time.sleep(2)
        assert controller.task(LIST, name=busy, archive_policy="private")["changed"]
        ended = time.time()
        guarded = fermium.run("stat", "--format=%.Y", GUARD)["out"].strip()
        time.sleep(PRIVATE_SECONDS)
        assert controller.task(LIST, name=busy, archive_policy="private")["changed"] is False
        spells.append((float(guarded or ended), time.time()))
        assert controller.task(LIST, name=busy, archive_policy="public")["changed"]
        # it is open again
        outside.wait_for_page(f"{site.ARCHIVES}/list/{busy}/")
    outside.check("rm", TASK)
    lines = outside.check("cat", ANSWERS).splitlines()
    answers: list[dict[str, Any]] = [json.loads(line) for line in lines if line.startswith("{")]
    while_private = [answer for answer in answers if any(since <= answer["asked"] < until for since, until in spells)]
    leaks = [answer for answer in while_private if answer["seen"]]
    shown = sorted({(answer["path"], answer["status"]) for answer in leaks})
    assert not leaks, f"{len(leaks)} of {len(while_private)} answers show the private list: {shown}"
    # it was looked at often, it could be seen before, and what was posted has arrived
    assert len(while_private) > 12 * SWITCHES
    assert {path for path, _own in paths[:5]} <= {answer["path"] for answer in answers if answer["seen"]}
    proved(
        "a list that becomes private while mail flows is seen by no stranger",
        f"{SWITCHES} switches, {len(while_private)} asked, 0 seen",
    )
