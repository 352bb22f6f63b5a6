# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sodium, with Mailman 3, is moved to fermium as a whole, while somebody asks all the time for what is private."""

from __future__ import annotations

import dataclasses
import email.message
import json
import os
import pathlib
import re
import signal
from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller, changed, results
from support.inside import eventually
from support.mail_server import MailServer
from support.migration import HERE, OLD, Operator, door
from support.outside import Outside, archived_at
from support.proved import Proved
from support.visitor import Visitor

ENGINE = os.environ.get("LISTOPS_ENGINE") or "podman"
PROJECT = os.environ.get("LISTOPS_PROJECT") or "listops"
WEB_DATABASE = "/var/lib/mailman3/web/mailman3web.db"
NEWCOMER = "newcomer@example.net"
OLD_PAGES = "/var/lib/listops/pipermail"
PASSWORD = "Correct-horse-7"
UNITS = ("mailman3", "mailman3-web")
# An account as somebody has it who signed up and confirmed the address.
PERSON = f"""
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
person = get_user_model().objects.create_user("erin", {site.ERIN!r}, {PASSWORD!r})
EmailAddress.objects.create(user=person, email={site.ERIN!r}, verified=True, primary=True)
"""
CHANGE = """
from hyperkitty.models import Email
for mail in Email.objects.filter(message_id_hash={key!r}):
    Email.objects.filter(pk=mail.pk).update(content={value})
"""
# Somebody who asks both servers for the private list again and again. $1, $2: their addresses; $3: a word of all posts.
PROBE = """
while true; do
    for address in "$1" "$2"; do
        for page in list/{list}/ list/{list}/latest api/list/{list}/emails/ "search?mlist={list}&q=$3" "search?q=$3"; do
            said=$(curl --silent --insecure --max-time 10 --resolve {host}:443:$address --write-out '\\n%{{http_code}}' "{archives}/$page")
            found=$(echo "$said" | grep -c "whispered $3")
            echo "$(echo "$said" | tail -n 1) $found $page" >> /run/probe
        done
    done
done
"""
MAILS = (
    "select hyperkitty_mailinglist.name, message_id_hash, subject, "
    "(select count(*) from hyperkitty_attachment where email_id = hyperkitty_email.id) "
    "from hyperkitty_email join hyperkitty_mailinglist on mailinglist_id = hyperkitty_mailinglist.id"
)


@dataclasses.dataclass
class Before:
    """What sodium has before it is moved. held, token: of what waits there."""

    word: str
    held: str = ""
    token: str = ""
    mails: dict[str, tuple[str, str, int]] = dataclasses.field(default_factory=dict)


@pytest.fixture(scope="module")
def sodium() -> Iterator[MailServer]:
    host = MailServer(ENGINE, f"{PROJECT}-sodium")
    yield host
    host.close()


@pytest.fixture(scope="module")
def operator(controller: Controller, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator(controller, tmp_path_factory.mktemp("host_vars") / "fermium")


def lead(outside: Outside, to: str, hosts: dict[str, MailServer]) -> None:
    """Let DNS have the names of the lists lead to one of the hosts."""
    for name, host in hosts.items():
        names = [f"{name}.example.org", name, *([site.DOMAIN, site.OLD_DOMAIN] if name == to else [])]
        outside.ask("write", path=f"/etc/dnsmasq.names/{name}", text=f"{host.address()} {' '.join(names)}\n")
    outside.check("systemctl", "restart", "dnsmasq")
    eventually(
        lambda: hosts[to].address() in outside.run("getent", "hosts", site.DOMAIN)["out"], f"the lists are at {to}"
    )


def with_attachment(word: str) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = site.ALICE, site.PUBLIC, f"picture {word}"
    message["Message-ID"] = f"<picture-{word}@example.net>"
    message["Date"] = "Mon, 30 Nov 2026 10:00:00 +0000"
    message.set_content(f"See what is attached, said {word}.\n")
    message.add_attachment(f"attached {word}".encode(), "application", "octet-stream", filename="figures.bin")
    return message.as_bytes()


@pytest.fixture(scope="module")
def before(fermium: MailServer, sodium: MailServer, outside: Outside) -> Iterator[Before]:
    """Archived posts, one with an attachment, a private list, and what waits: a held post, a question, an account."""
    found = Before("w" + os.urandom(5).hex())
    outside.trusts(sodium.certificate() + fermium.certificate())
    lead(outside, "sodium", {"fermium": fermium, "sodium": sodium})
    eventually(sodium.mailman_runs, "Mailman runs on sodium")
    for name, number in ((site.PUBLIC, 3), (site.INTERNAL, 2), (site.PRIVATE, 1)):
        text = f"As {'said' if name == site.PUBLIC else 'whispered'} {found.word}.\n"
        for each in range(number):
            assert outside.send(site.ALICE, name, f"post {each} {found.word}", text).accepted
    assert outside.hand_over(site.ALICE, site.PUBLIC, with_attachment(found.word)).accepted
    outside.wait_for_page(archived_at(outside.mailbox(site.BOB).wait_for(f"picture {found.word}")))
    outside.mailbox(site.DAVE).wait_for(f"post 1 {found.word}")
    found.held = f"let me in {found.word}"
    assert outside.send(site.STRANGER, site.PUBLIC, found.held, "Please.\n").accepted
    sodium.becomes(lambda: found.held in sodium.held(site.PUBLIC), "the post is held")
    assert outside.send(NEWCOMER, site.PUBLIC.replace("@", "-join@"), "join").accepted
    question = outside.mailbox(NEWCOMER).wait_for("confirm+")
    said = str(question["From"]) + str(question["Reply-To"]) + question.get_content()
    token = re.search(r"-confirm\+(\w+)@", said)
    assert token
    found.token = token.group(1)
    sodium.manage("shell", stdin=PERSON)
    # as an earlier move from Mailman 2.1 leaves them
    sodium.check("install", "-d", "-o", "root", "-g", "www-data", "-m", "0750", f"{OLD_PAGES}/files/old")
    sodium.ask("write", path=f"{OLD_PAGES}/files/old/2003-March.txt", text=f"Of long ago, said {found.word}.\n")
    eventually(lambda: len(mails(sodium)) == 7, "all posts are in the archive of sodium")
    # as cron does each hour
    sodium.manage("shell", stdin="from hyperkitty.search_indexes import update_index\nupdate_index()\n")
    outside.check(
        "systemd-run",
        "--unit=probe",
        "--collect",
        "--expand-environment=no",
        "bash",
        "-c",
        PROBE.format(list=site.INTERNAL, host=site.DOMAIN, archives=site.ARCHIVES),
        "probe",
        sodium.address(),
        fermium.address(),
        found.word,
    )
    yield found
    outside.run("systemctl", "stop", "probe")
    outside.run("rm", "-f", "/run/probe")


def mails(host: MailServer) -> dict[str, tuple[str, str, int]]:
    """Hash -> list, subject, and number of attachments, of all archives."""
    rows = host.ask("rows", database=WEB_DATABASE, query=MAILS)
    return {each: (name, subject, attached) for name, each, subject, attached in rows}


def state(sodium: MailServer) -> str:
    """Files of the system, and what there is of lists, so that a change is seen."""
    system = "find /etc /usr/local /root/.ssh /var/lib/listops -type f ! -name resolv.conf -exec sha256sum {} + | sort"
    return sodium.check("sh", "-c", system) + json.dumps([sodium.lists(), sorted(sodium.held(site.PUBLIC))])


def test_looking_changes_nothing(
    before: Before, sodium: MailServer, fermium: MailServer, operator: Operator, proved: Proved
) -> None:
    seen = state(sodium)
    for options in (("--check",), ()):
        said = operator.run("preflight", *options)
        assert changed(said) == 0
    assert state(sodium) == seen and not fermium.lists()
    assert fermium.run("test", "-e", HERE)["rc"] != 0
    (possible,) = (result for result in results(said) if "private" in result)
    assert set(possible["private"]) == {site.INTERNAL, site.PRIVATE} and len(possible["lists"]) == 5
    assert any("the whole server is moved" in str(result.get("msg")) for result in results(said))
    assert "the migration is new" in operator.stopped("cutover")
    proved("preflight says what is moved, and changes nothing there or here", "5 lists, 2 of them private")


def test_what_would_be_lost_is_refused(before: Before, fermium: MailServer, operator: Operator, proved: Proved) -> None:
    assert "is moved as a whole" in operator.stopped("preflight", migrate_lists=["wikitech-l"])
    assert 'migrate_source is ""' in operator.stopped("preflight", migrate_source="", migrate_from="3")
    mine = f"mine@{site.DOMAIN}"
    fermium.make_list(mine)
    said = operator.stopped("copy")
    assert f"this host has {mine} already, which would be lost" in said
    fermium.rest("DELETE", f"lists/{mine}")
    assert fermium.run("test", "-e", HERE)["rc"] != 0
    proved("single lists, and a target with lists of its own, are refused before anything is copied")


def test_the_copy_is_near_and_nobody_sees_it(
    before: Before, sodium: MailServer, fermium: MailServer, operator: Operator, proved: Proved
) -> None:
    operator.run("copy", "--check")
    assert fermium.run("test", "-e", HERE)["rc"] != 0
    assert changed(operator.run("copy")) > 0
    assert not fermium.lists() and not mails(fermium)
    assert sodium.is_active("mailman3") and sodium.is_active("mailman3-web")
    private = fermium.check("find", HERE, "-type", "f", "-perm", "/004", "!", "-name", "key.pub")
    assert not private, "what was copied can be read by everybody"
    for user in ("www-data", "list", "nobody"):
        assert fermium.run("runuser", "-u", user, "--", "cat", f"{HERE}/dump/mailman-web.sqlite")["rc"] != 0
    operator.run("verify")
    fermium.check("sh", "-c", f"echo more >> {HERE}/dump/mailman.sqlite")
    assert "the dump of mailman is not whole" in operator.stopped("verify")
    operator.run("copy")
    operator.run("verify")
    proved("the server is copied while it works; what is damaged is found and mended; nothing is in use yet")


def test_the_key_reads_what_is_moved_and_nothing_else(before: Before, fermium: MailServer, proved: Proved) -> None:
    known = f"UserKnownHostsFile={HERE}/known_hosts"
    ssh = ["ssh", "-i", f"{HERE}/key", "-o", "BatchMode=yes", "-o", known, f"root@{OLD}"]
    dumps = "/var/lib/listops/migrate-dump/latest/"
    start = "rsync --server --sender"
    commands = (
        "id",
        "",
        f"{start} -r . /etc/",
        f"{start} -r . {dumps};id",
        f"rsync --server -r . {dumps}",
        f"{start} -r . /etc/ . {dumps}",
        f"{start} -r /etc/shadow . {dumps}",
        f"{start} -s . {dumps}",
        f"{start} -rs . {dumps}",
        f"{start} -r --files-from=/etc/shadow . {dumps}",
        f"{start} -r --log-file=/etc/passwd . {dumps}",
        f"{start} -r --rsh=id . {dumps}../../../../etc/",
        f"{start} -r . {dumps}../",
    )
    for command in commands:
        said = fermium.run(*ssh, *([command] if command else []))
        assert said["rc"] != 0 and "for copying" in said["err"], (command, said)
    proved("the key of the copy opens nothing else", f"{len(commands)} commands refused")


def test_a_cut_over_that_is_killed_is_finished_by_the_next(
    before: Before, sodium: MailServer, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    """Killed when the new server begins to become the old one, of which there is more than in the copy."""
    late = f"late {before.word}"
    assert outside.send(site.ALICE, site.PUBLIC, late, f"After the copy, said {before.word}.\n").accepted
    outside.mailbox(site.BOB).wait_for(late)
    eventually(lambda: len(mails(sodium)) == 8, "the late post is in the archive of sodium")
    before.mails = mails(sodium)
    process = operator.begin("cutover")
    eventually(
        lambda: fermium.run("test", "-e", f"{HERE}/account/lists.json")["rc"] == 0,
        "fermium begins to take sodium's place",
        seconds=240,
    )
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    fermium.run("pkill", "-KILL", "-f", "AnsiballZ")
    assert not any(fermium.is_active(unit) for unit in UNITS)
    assert "is moving" in operator.stopped("copy")
    assert "repeat the phase cutover" in operator.stopped("verify")
    assert changed(operator.run("cutover")) > 0
    assert changed(operator.run("cutover")) == 0
    eventually(fermium.mailman_runs, "Mailman runs on fermium")
    assert all(fermium.is_active(unit) for unit in UNITS)
    assert not any(sodium.is_active(unit) for unit in UNITS)
    assert set(fermium.lists()) == {f"{name}@{site.DOMAIN}" for name in LISTS}
    proved("a cut-over that was killed is finished by the next one; a third one changes nothing")


LISTS = ("wikitech-l", "announce", "internal-l", "arbcom-l", "old-announce")


def test_the_old_server_takes_no_mail(before: Before, outside: Outside, proved: Proved) -> None:
    assert "refused" in door(outside)["err"]
    for page in ("postorius/lists/", f"hyperkitty/list/{site.PUBLIC}/"):
        assert outside.get(f"{site.WEB}/{page}").status == 503
    proved("the old server refuses mail, and its pages answer 503")


def test_the_way_back_is_open_and_the_server_moves_again(
    before: Before, sodium: MailServer, fermium: MailServer, outside: Outside, operator: Operator, proved: Proved
) -> None:
    """As the runbook has it, before the names lead to fermium."""
    sodium.check("systemctl", "disable", "--now", "listops-closed")
    sodium.check("systemctl", "enable", "--now", "mailman3", "mailman3-web")
    sodium.check("rm", "/etc/apache2/conf-enabled/listops-moving.conf")
    sodium.check("systemctl", "reload", "apache2")
    fermium.check("rm", f"{HERE}/state.json")
    fermium.check("systemctl", "stop", *UNITS)
    eventually(sodium.mailman_runs, "Mailman runs on sodium again")
    again = f"again {before.word}"
    assert outside.send(site.ALICE, site.PUBLIC, again, f"After the way back, said {before.word}.\n").accepted
    outside.mailbox(site.BOB).wait_for(again)
    eventually(lambda: len(mails(sodium)) == 9, "the post is in the archive of sodium")
    before.mails = mails(sodium)
    operator.run("copy")
    assert changed(operator.run("cutover")) > 0
    lead(outside, "fermium", {"fermium": fermium, "sodium": sodium})
    proved("the old server can be opened again by hand, and moves again with what it took meanwhile")


def test_every_page_of_a_message_is_where_it_was(
    before: Before, fermium: MailServer, outside: Outside, proved: Proved
) -> None:
    assert mails(fermium) == before.mails
    public = 0
    for each, (name, subject, attached) in before.mails.items():
        page = outside.wait_for_page if name == site.PUBLIC else outside.get
        answer = page(f"{site.ARCHIVES}/list/{name}/message/{each}/")
        if name != site.PUBLIC:
            assert answer.status in (302, 401, 403), (name, answer.status)
            continue
        assert answer.status == 200 and subject in answer.text
        public += 1
        for link in re.findall(r'href="([^"]*/attachment/[^"]*)"', answer.text) if attached else []:
            assert f"attached {before.word}" in outside.get(f"https://{site.DOMAIN}{link}").text
    assert sum(attached for _name, _subject, attached in before.mails.values()) == 1
    found = outside.wait_for_page(f"{site.ARCHIVES}/search?mlist={site.PUBLIC}&q={before.word}").text
    assert f"picture {before.word}" in found
    assert "Of long ago" in fermium.check(
        "runuser", "-u", "www-data", "--", "cat", f"{OLD_PAGES}/files/old/2003-March.txt"
    )
    proved("every message is where it was, the search finds them", f"{public} of {len(before.mails)} are public")


def test_what_waited_goes_on(before: Before, fermium: MailServer, outside: Outside, proved: Proved) -> None:
    eventually(fermium.mailman_runs, "Mailman runs on fermium")
    held = fermium.held(site.PUBLIC)[before.held]
    fermium.rest("POST", f"lists/{site.PUBLIC}/held/{held['request_id']}", action="accept")
    outside.wait_for_page(archived_at(outside.mailbox(site.BOB).wait_for(before.held)))
    confirm = site.PUBLIC.replace("@", f"-confirm+{before.token}@")
    assert outside.send(NEWCOMER, confirm, "Re: confirm").accepted
    fermium.becomes(lambda: fermium.member(site.PUBLIC, NEWCOMER), "who was asked before the move is a member")
    visitor = Visitor(outside)
    try:
        visitor.log_in("erin", PASSWORD)
        seen = visitor.get(f"{site.WEB}/accounts/email/")
        assert seen.status == 200 and site.ERIN in seen.text
    finally:
        visitor.leave()
    proved("a held post is accepted and arrives, a mailed question is answered, a person logs in as before")


def test_mail_goes_on_at_the_new_server(before: Before, fermium: MailServer, outside: Outside, proved: Proved) -> None:
    for name, reader in ((site.PUBLIC, site.BOB), (site.INTERNAL, site.DAVE)):
        subject = f"at home {before.word} {name.partition('@')[0]}"
        assert outside.send(site.ALICE, name, subject, f"Moved, said {before.word}.\n").accepted
        copy = outside.mailbox(reader).wait_for(subject)
        eventually(lambda subject=subject: subject in str(mails(fermium).values()), "it is archived")  # type: ignore[misc]
        public = name == site.PUBLIC
        assert (outside.get(archived_at(copy)).status == 200) == public
    proved("posts at the new server reach people and the archive, of the private list nobody else")


def test_what_was_moved_stays(before: Before, fermium: MailServer, operator: Operator, proved: Proved) -> None:
    assert changed(operator.run("verify")) == 0
    (key,) = (each for each, (_name, subject, _attached) in before.mails.items() if f"late {before.word}" in subject)
    fermium.manage("shell", stdin=CHANGE.format(key=key, value="mail.content + 'x'"))
    said = operator.stopped("verify")
    assert f"list {site.PUBLIC}: 1 of 6 messages are not as they were moved, the first is {key}" in said
    fermium.manage("shell", stdin=CHANGE.format(key=key, value="mail.content[:-1]"))
    operator.run("verify")
    proved("what the new server takes is no difference, a message that is not as it was moved is named")


def test_the_inventory_of_the_new_server_changes_nothing(operator: Operator, proved: Proved) -> None:
    operator.adopt()
    proved("the lists that were moved become an inventory, which changes nothing")


def test_the_account_adds_up(before: Before, operator: Operator, tmp_path: pathlib.Path, proved: Proved) -> None:
    page = tmp_path / "migration.html"
    said = operator.run("status", "--extra-vars", json.dumps({"migrate_page": str(page)}))
    (found,) = (result for result in results(said) if "totals" in result)
    assert len(found["lists"]) == 5 and found["accounts"]["moved"] == 2
    for kind, total in {"messages": 9, "attachments": 1}.items():
        assert found["totals"][kind]["moved"] == total
    for sums in found["totals"].values():
        assert sums["found"] == sums["moved"] + sums["merged"] + sums["quarantined"]
    assert found["totals"]["members"]["found"] > 5 and found["totals"]["requests"]["found"] >= 2
    assert "memberships" in page.read_text(encoding="utf-8")
    (line,) = (line for line in found["sentences"] if line.startswith(site.PUBLIC))
    proved("one command says where each list stands, and writes a page of it", line.partition(": ")[2])


def test_nobody_saw_what_is_private(before: Before, outside: Outside, proved: Proved) -> None:
    asked = [line.split(" ", 2) for line in outside.check("cat", "/run/probe").splitlines()]
    assert len(asked) > 100
    assert not [line for line in asked if line[1] != "0"], "a stranger read what is private"
    # a search finds public posts
    assert not [line for line in asked if line[0] == "200" and not line[2].startswith("search")]
    proved("a stranger who asked both servers all the time saw nothing private", f"{len(asked)} answers")


def test_it_ends_with_the_key(sodium: MailServer, fermium: MailServer, operator: Operator, proved: Proved) -> None:
    assert changed(operator.run("accept")) > 0
    assert changed(operator.run("accept")) == 0
    for path in (
        "/usr/local/sbin/listops-send-mailman",
        "/usr/local/sbin/listops-migrate-dump",
        "/var/lib/listops/migrate-dump",
    ):
        assert sodium.run("test", "-e", path)["rc"] != 0
    assert "listops" not in sodium.run("cat", "/root/.ssh/authorized_keys")["out"]
    assert fermium.check("find", HERE, "-name", "*.sqlite") == ""
    proved("accepted: the key, and the dumps there and here, are gone")
