# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sodium, with Mailman 2.1, is moved to fermium, with Mailman 3, phase by phase."""

from __future__ import annotations

import json
import os
import pathlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.ladder import LIST
from support.mail_server import MailServer
from support.mailman21_server import STATE, Mailman21Server
from support.migration import HERE, NEW, OLD, Operator, door, files, sums, total
from support.outside import Outside, archived_at
from support.proved import Proved

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
JOBS, ASIDE = "/etc/cron.d/mailman", "/etc/listops/closed-jobs"
TALK, BOARD, HELPDESK, ANNOUNCE = (
    f"{name}@{site.DOMAIN}" for name in ("village-talk", "board", "helpdesk", "announce")
)


@pytest.fixture(scope="module")
def sodium() -> Iterator[Mailman21Server]:
    host = Mailman21Server(ENGINE, f"{PROJECT}-sodium")
    yield host
    host.close()


@pytest.fixture(scope="module")
def operator(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(controller, tmp_path_factory.mktemp("host_vars") / "fermium", migrate_address=NEW)


def test_looking_changes_nothing(
    sodium: Mailman21Server, fermium: MailServer, operator: Operator, proved: Proved
) -> None:
    assert "there is no copy yet" in operator.stopped("preflight", "--check")
    before, lists = files(sodium), fermium.lists()
    kept = "from hyperkitty.models import *; print('answer', Email.objects.count(), MailingList.objects.count())"
    archived = fermium.manage("shell", stdin=kept).split("answer ")[1]
    said = operator.run("preflight")
    assert files(sodium) == before and fermium.lists() == lists
    (found,) = (result for result in results(said) if "lost" in result)
    assert len(found["lists"]) == 15 and not found["unreadable"]
    (report,) = (result for result in results(said) if "forecast" in result)
    sums, expected = report["totals"], report["forecast"]
    assert sums["lists"] == 15 and sums["mails"] > 500 and sums["waiting"] >= 11 and sums["damaged"] == 0
    assert expected["seconds"] > 0 and 500 < expected["sample"] <= 2000, expected
    assert f"measured on {expected['sample']:,} of them" in report["sentences"][-1]
    assert fermium.manage("shell", stdin=kept).split("answer ")[1] == archived
    proved("preflight counts and predicts, and keeps nothing", report["sentences"][-1])
    assert "the migration is new" in operator.stopped("cutover")
    lost = sum(map(len, found["lost"].values()))
    proved("preflight says what is there and what Mailman 3 cannot hold", f"15 lists, {lost} sentences")


def test_everything_is_copied_while_the_old_server_works(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    before = files(sodium)
    operator.run("copy", "--check")
    assert not fermium.lists()
    assert changed(operator.run("copy")) > 0
    assert changed(operator.run("copy")) == 0
    assert files(sodium) == before
    members = {person["email"] for person in fermium.members(TALK).values()}
    assert members == set(sodium.members(TALK))
    mails = total(sums(fermium, "messages"))
    assert mails["found"] > 500 and mails["quarantined"] == 0
    assert outside.get(f"{site.ARCHIVES}/list/{BOARD}/").status in (401, 403, 404)
    proved(
        "lists and archives are copied; the second copy changes nothing", f"{mails['moved']} of {mails['found']} mails"
    )


def test_what_changes_meanwhile_follows(
    sodium: Mailman21Server, fermium: MailServer, operator: Operator, proved: Proved
) -> None:
    assert sodium.subscribe(TALK, site.ERIN)
    operator.run("copy")
    assert fermium.member(TALK, site.ERIN)
    sodium.unsubscribe(TALK, site.ERIN)
    operator.run("copy")
    assert not fermium.member(TALK, site.ERIN)
    proved("who subscribes or leaves there meanwhile, does so here")


def test_what_was_published_becomes_an_archive(
    sodium: Mailman21Server, fermium: MailServer, operator: Operator, proved: Proved
) -> None:
    """Pipermail's own texts of a list, which have all mails of its mailbox."""
    name, folder = f"published@{site.DOMAIN}", "/srv/published/village-talk"
    packed = sodium.check("sh", "-c", f"cd {STATE}/archives/private/village-talk && tar -cz *.txt | base64 -w0")
    fermium.check("install", "-d", "-g", "list", "-m", "0750", folder, f"{folder}/empty")
    fermium.check("sh", "-c", f"base64 -d | tar -xz -C {folder} && chgrp -R list {folder}", stdin=packed)

    def run(phase: str, *options: str, texts: str = folder) -> list[str]:
        given = {"migrate_phase": phase, "migrate_public_archives": [{"list": name, "texts": texts}]}
        return ["playbooks/migrate.yml", f"--extra-vars={json.dumps(given)}", *options]

    assert f"list {name} does not exist" in operator.controller.stopped(*run("copy"))
    operator.controller.task(LIST, name=name, archive_policy="private")
    assert "give a folder with texts of months" in operator.controller.stopped(*run("copy", texts=f"{folder}/empty"))
    assert "give status or preflight or copy" in operator.controller.stopped(*run("cutover"))
    (looked,) = (
        each["archives"][0] for each in results(operator.controller.playbook(*run("preflight"))) if "archives" in each
    )
    assert looked["found"] > 0 and looked["quarantined"] == 0
    assert changed(operator.controller.playbook(*run("copy"))) > 0
    assert changed(operator.controller.playbook(*run("copy"))) == 0
    moved = json.loads(fermium.check("cat", f"/var/lib/listops/migrate/copy/public/{name}.messages.json"))
    assert moved["found"] == looked["found"] == moved["moved"] + moved["merged"]
    # of a line that begins with From, Pipermail made a message of its own
    assert moved["found"] - sums(fermium, "messages")[TALK]["found"] in (0, 1), (
        "the texts have other mails than the mailbox"
    )
    operator.controller.task(LIST, name=name, state="absent", archives="drop")
    fermium.check("rm", "-rf", "/srv/published", "/var/lib/listops/migrate/copy")
    proved("texts that were published become an archive", f"{looked['found']} mails, as many as in the mailbox")


def test_the_key_copies_and_does_nothing_else(fermium: MailServer, proved: Proved) -> None:
    known = f"UserKnownHostsFile={HERE}/known_hosts"
    ssh = ["ssh", "-i", f"{HERE}/key", "-o", "BatchMode=yes", "-o", known, f"root@{OLD}"]
    commands = (
        "id",
        "",
        "rsync --server --sender -logDtpr . /etc/",
        f"rsync --server --sender -r . {STATE}/;id",
        f"rsync --server -r . {STATE}/",
        f"rsync --server --sender -r . {STATE}/ /etc/shadow",
        f"rsync --server --sender -r --rsh=id . {STATE}/../../../etc/",
        f"rsync --server --sender -s . {STATE}/",
        f"rsync --server --sender -r . /etc/ . {STATE}/",
        f"rsync --server --sender -rL . {STATE}/",
    )
    for command in commands:
        said = fermium.run(*ssh, *([command] if command else []))
        assert said["rc"] != 0 and "for copying" in said["err"], said
    proved("the key of the copy opens nothing else", f"{len(commands)} commands refused")


def test_old_addresses_lead_to_the_same_pages(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    operator.controller.playbook("playbooks/site.yml", f"--extra-vars=@{operator.folder}/migrated.yml")
    outside.trusts(fermium.certificate())
    found = sodium.check(
        "sh", "-c", f"cd {STATE}/archives/private && find {TALK.partition('@')[0]} -name '0*.html' | sort"
    )
    walked = 0
    for page in found.splitlines()[::10]:
        answer = outside.get(f"https://{site.DOMAIN}/pipermail/{page}")
        assert answer.status == 200 or "/message/" in answer.headers["location"], page
        walked += 1
    assert walked > 5
    (private, *_more) = sodium.check("sh", "-c", f"cd {STATE}/archives/private && find board -name '0*.html'").split()
    for address in (f"pipermail/{private}", f"mailman/private/{private}"):
        assert "/message/" not in str(outside.get(f"https://{site.DOMAIN}/{address}").headers.get("location"))
    pages = total(sums(fermium, "pages"))
    proved(
        "old addresses lead to the same messages, those of a private list nowhere",
        f"{pages['moved']} pages, {walked} asked",
    )


def test_the_old_server_stops_at_the_cut_over(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    assert sodium.subscribe(TALK, site.ERIN)
    before = files(sodium)
    sodium.check("test", "-e", JOBS)
    assert changed(operator.run("cutover")) > 0
    assert sodium.run("test", "-e", JOBS)["rc"] != 0, "it would send the digests that fermium sends"
    assert files(sodium) == before
    assert fermium.member(TALK, site.ERIN)
    assert "refused" in door(outside)["err"]
    assert sodium.run("systemctl", "is-active", "mailman")["rc"] != 0
    assert changed(operator.run("cutover")) == 0
    assert changed(operator.run("verify")) == 0
    waiting = total(sums(fermium, "requests"))
    assert len(fermium.held(HELPDESK)) == len(sodium.held(HELPDESK)) > 0
    assert "the migration is moved" in operator.stopped("copy")
    proved(
        "the cut-over closes the old server and moves what is left and what waits",
        f"{waiting['moved']} of {waiting['found']} waiting",
    )


def test_the_way_back_is_open_and_lists_move_again(
    sodium: Mailman21Server, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    """As the runbook has it, before the names lead to fermium."""
    sodium.check("systemctl", "disable", "--now", "listops-closed")
    sodium.check("systemctl", "enable", "--now", "mailman")
    sodium.check("mv", f"{ASIDE}/mailman", JOBS)
    sodium.check("rm", "/etc/apache2/conf-enabled/listops-moving.conf")
    sodium.check("systemctl", "reload", "apache2")
    sodium.check("rm", "/etc/exim4/lists_elsewhere")
    fermium.check("rm", f"{HERE}/state.json")
    assert door(outside)["rc"] == 0
    sodium.unsubscribe(TALK, site.ERIN)
    assert sodium.subscribe(TALK, site.SUE)
    before = len(fermium.held(HELPDESK))
    operator.run("copy")
    assert changed(operator.run("cutover")) > 0
    assert "refused" in door(outside)["err"]
    assert fermium.member(TALK, site.SUE) and not fermium.member(TALK, site.ERIN)
    assert len(fermium.held(HELPDESK)) == before
    proved("the old server can be opened again by hand, and its lists move again, what waits once")


def test_mail_goes_on_at_the_new_server(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.SUE, TALK, f"moved {word}", f"At the new server, said {word}.\n").accepted
    copy = outside.mailbox(site.SUE).wait_for(word)
    assert f"said {word}" in outside.wait_for_page(archived_at(copy)).text
    proved("a post at the new server reaches subscribers and the archive")


def test_the_inventory_of_the_new_server_changes_nothing(operator: Operator, proved: Proved) -> None:
    where = f"--extra-vars=adopt_directory={operator.folder} adopt_secrets=none"
    operator.controller.playbook("playbooks/adopt.yml", where)
    said = operator.controller.playbook("playbooks/lists.yml", f"--extra-vars=@{operator.folder}/lists.yml")
    assert changed(said) == 0
    assert not any(result.get("undeclared") for result in results(said))
    proved("the lists that were moved become an inventory, which changes nothing")


def test_the_account_says_where_each_list_stands(operator: Operator, tmp_path: pathlib.Path, proved: Proved) -> None:
    page = tmp_path / "migration.html"
    said = operator.run("status", "--extra-vars", json.dumps({"migrate_page": str(page)}))
    (found,) = (result for result in results(said) if "totals" in result)
    assert len(found["lists"]) == 15
    for kind, sum_of in found["totals"].items():
        assert sum_of["found"] == sum_of["moved"] + sum_of["merged"] + sum_of["quarantined"] > 0, kind
    text = page.read_text(encoding="utf-8")
    assert "Migration of sodium" in text and all(each["list"] in text for each in found["lists"])
    (talk,) = (line for line in found["sentences"] if line.startswith(TALK))
    proved("one command says where each list stands, and writes a page of it", talk.partition(": ")[2])


def test_old_mails_are_found_by_a_search(outside: Outside, operator: Operator, proved: Proved) -> None:
    (done,) = (result for result in results(operator.run("index")) if "indexed" in result)
    assert done["indexed"] > 500
    found = outside.wait_for_page(f"{site.ARCHIVES}/search?mlist={ANNOUNCE}&q=relabelling")
    assert "Lost umbrella" in found.text
    assert changed(operator.run("index")) == 0
    proved("the search index gets old mails, and a second run adds none", f"{done['indexed']} mails")


def test_owners_and_subscribers_are_told_once(outside: Outside, operator: Operator, proved: Proved) -> None:
    tell = ("--extra-vars", json.dumps({"migrate_announce": ["owners", "subscribers"], "migrate_announce_rate": 6000}))
    mailbox, subject = outside.mailbox(site.SUE), "Your mailing lists have moved"

    def run(*options: str) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]]
        (found,) = (result["sums"] for result in results(operator.run("verify", *tell, *options)) if "sums" in result)
        for kind, sums_of in found.items():
            assert sums_of["found"] == sum(sums_of[word] for word in sums_of if word != "found") > 0, kind
        return found

    assert all(each["left"] == each["found"] for each in run("--check", "--diff").values())
    assert mailbox.has_none(subject)
    found = run()
    assert all(each["left"] == each["in_doubt"] == 0 < each["sent"] for each in found.values())
    content = str(mailbox.wait_for(subject).get_content())
    assert f"/mailman3/hyperkitty/list/{TALK}/" in content and "/mailman3/accounts/signup/" in content
    for address in re.findall(r"https://\S+", content):
        assert outside.get(address).status < 400, address
    assert changed(operator.run("verify", *tell)) == 0
    assert len(mailbox.all(subject)) == 1
    told = ", ".join(f"{each['sent']} of {each['found']} {kind}" for kind, each in found.items())
    proved("owners and subscribers are told once that their lists have moved", told)


def test_it_ends_with_the_key(sodium: Mailman21Server, fermium: MailServer, operator: Operator, proved: Proved) -> None:
    assert changed(operator.run("accept")) > 0
    assert changed(operator.run("accept")) == 0
    assert sodium.run("test", "-e", "/usr/local/sbin/listops-send-mailman")["rc"] != 0
    assert "listops" not in sodium.run("cat", "/root/.ssh/authorized_keys")["out"]
    proved("accepted, and the key is taken away")


def test_a_redaction_reaches_what_the_migration_left(
    controller: Controller, fermium: MailServer, proved: Proved
) -> None:
    text = ["grep", "-rlE", "Budget relabelling prefer", HERE, "/var/lib/listops/pipermail"]
    before = fermium.check(*text).split()
    asked: dict[str, Any] = {"list": ANNOUNCE, "message_id": "announce.0025.1f02ad9c@example.com", "reason": "a proof"}
    shown = controller.task("listops.mailman.mailman_redact", check_mode=True, **asked)
    assert fermium.check(*text).split() == before
    done = controller.task("listops.mailman.mailman_redact", **asked)
    assert {each["place"] for each in done["places"]} >= set(before) and done["places"] == shown["places"]
    assert fermium.run(*text)["rc"] == 1 and done["not_redacted"] == []
    assert controller.task("listops.mailman.mailman_redact", **asked)["changed"] is False
    proved("a redaction reaches old pages and the copy of the old server", f"{len(before)} files had the text")
