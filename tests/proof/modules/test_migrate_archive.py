# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailboxes become archives: all of them, once, exactly, and never in public."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from bench import mails
from support import awkward
from support.controller import Controller
from support.inside import eventually
from support.ladder import DOMAIN, LIST
from support.mail_server import MailServer
from support.proved import Proved

MIGRATE = "listops.mailman.migrate_archive"
DATABASE = "/var/lib/mailman3/web/mailman3web.db"
FOLDER, ACCOUNT = "/root/mailboxes", "/root/account"
COUNT = "SELECT count(*) FROM hyperkitty_email e JOIN hyperkitty_mailinglist l ON l.id = e.mailinglist_id WHERE l.name = '{}'"
# All columns of an archive but keys.
ROWS = """
import hashlib, json
from hyperkitty.models import *
names = '''message_id message_id_hash sender_id sender_name subject content date timezone in_reply_to archived_date
    thread_depth thread_order parent__message_id thread__thread_id'''.split()
name = {name!r}
emails = Email.objects.filter(mailinglist__name=name)
rows = {{row[0]: dict(zip(names, row)) for row in emails.values_list(*names)}}
for row in rows.values():
    row.update(date=row['date'].isoformat(), archived_date=row['archived_date'].isoformat(), attached=[])
    row['parent'] = row.pop('parent__message_id')
for one in Attachment.objects.filter(email__mailinglist__name=name).select_related('email__mailinglist').order_by('counter'):
    content = hashlib.sha256(one.get_content()).hexdigest()
    rows[one.email.message_id]['attached'].append([one.counter, one.name, one.content_type, one.encoding, one.size, content])
threads = Thread.objects.filter(mailinglist__name=name)
threads = {{name: [start, date.isoformat()] for name, start, date in
           threads.values_list('thread_id', 'starting_email__message_id', 'date_active')}}
print('answer ' + json.dumps([rows, threads]))
"""
# The web service itself, asked by nobody in particular, again and again.
PROBE = r"""
import collections, json, os, socket, struct, sys, time
counts, shown = collections.Counter(), []
word, paths = sys.argv[1].encode(), sys.argv[2:]
def ask(path):
    path, _mark, query = path.partition("?")
    given = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "REQUEST_URI": path, "SERVER_NAME": "%(host)s",
             "HTTP_HOST": "%(host)s", "SERVER_PORT": "443", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "192.0.2.1",
             "HTTPS": "on", "wsgi.url_scheme": "https"}
    packed = b"".join(struct.pack("<H", len(each)) + each.encode() for pair in given.items() for each in pair)
    with socket.socket(socket.AF_UNIX) as web:
        web.settimeout(60)
        web.connect("/run/mailman3-web/uwsgi.sock")
        web.sendall(struct.pack("<BHB", 0, len(packed), 0) + packed)
        answer = b"".join(iter(lambda: web.recv(1 << 16), b""))
    return answer.split(None, 2)[1].decode(), answer
while True:
    for path in paths:
        try:
            status, answer = ask(path)
        except (OSError, IndexError):
            # It is restarted.
            status, answer = "none", b""
            time.sleep(0.2)
        counts[status] += 1
        if word in answer or (status == "200" and "search" not in path and "?" not in path):
            shown.append([path, status])
    if os.path.exists("/run/probe.stop"):
        break
print(json.dumps([counts, shown[:10]]))
"""


def put(fermium: MailServer, name: str, content: bytes) -> str:
    """A mailbox that only root can read; its path."""
    path = f"{FOLDER}/{name}.mbox"
    fermium.check("install", "-d", "-m", "0700", FOLDER)
    encoded = base64.b64encode(content).decode()
    fermium.check("sh", "-c", f"umask 077; base64 -d > {path}", stdin=encoded)
    return path


def archive(fermium: MailServer, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows by Message-ID, and threads by their name."""
    said = fermium.manage("shell", stdin=ROWS.format(name=name))
    rows, threads = json.loads(said.rpartition("answer ")[2])
    return rows, threads


def account(fermium: MailServer, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in fermium.check("cat", f"{ACCOUNT}/{name}.messages.jsonl").splitlines()]


def count(fermium: MailServer, name: str) -> int:
    ((number,),) = fermium.ask("rows", database=DATABASE, query=COUNT.format(name))
    return int(number)


def options(name: str, path: str) -> dict[str, Any]:
    return {"archives": [{"list": name, "mbox": path}], "account": ACCOUNT}


def fill(fermium: MailServer, name: str, least: int) -> None:
    """Wait until an archive has so many mails."""
    eventually(lambda: count(fermium, name) >= least, f"{name} has {least} mails", 300, pause=0.02)


@pytest.fixture
def private(controller: Controller, fermium: MailServer, word: str) -> Iterator[str]:
    """A private list without an archive; all that is left of the proof is removed."""
    name = f"{word}@{DOMAIN}"
    controller.task(LIST, name=name, archive_policy="private")
    yield name
    for each in (name, f"other-{name}"):
        controller.task(LIST, name=each, state="absent", archives="drop")
    fermium.check("rm", "-rf", FOLDER, ACCOUNT, "/run/probe.py", "/run/probe.stop", "/run/probe.out")


def test_what_is_well_formed_becomes_what_hyperkitty_makes_of_it(
    controller: Controller, fermium: MailServer, private: str, word: str, proved: Proved
) -> None:
    other = f"other-{private}"
    controller.task(LIST, name=other, archive_policy="private")
    path = put(fermium, word, b"".join(mails.mailbox(300)))
    readable = f"/run/{word}.mbox"
    fermium.check("install", "-o", "www-data", path, readable)
    fermium.manage("hyperkitty_import", "--no-sync-mailman", "-l", other, readable, seconds=900)
    fermium.check("rm", readable)

    checked = controller.task(MIGRATE, check_mode=True, **options(private, path))
    assert checked["changed"] is True and checked["archives"][0]["moved"] == 300
    assert count(fermium, private) == 0 and fermium.run("test", "-e", ACCOUNT)["rc"] == 1, "check mode wrote"
    done = controller.task(MIGRATE, **options(private, path))
    assert done["sentences"] == [f"{private}: 300 mails found, 300 moved, 0 merged, 0 quarantined"]
    rows, threads = archive(fermium, private)
    assert (rows, threads) == archive(fermium, other)
    assert len(rows) == 300
    assert {line["hash"] for line in account(fermium, private)} == {row["message_id_hash"] for row in rows.values()}

    lines = fermium.check("cat", f"{ACCOUNT}/{private}.messages.jsonl")
    for check_mode in (True, False):
        assert controller.task(MIGRATE, check_mode=check_mode, **options(private, path))["changed"] is False
    assert fermium.check("cat", f"{ACCOUNT}/{private}.messages.jsonl") == lines
    # without the account of before, all are compared
    fermium.check("rm", "-rf", ACCOUNT)
    assert controller.task(MIGRATE, **options(private, path))["changed"] is False
    assert fermium.check("cat", f"{ACCOUNT}/{private}.messages.jsonl") == lines

    columns, attachments = len(next(iter(rows.values()))), sum(len(row["attached"]) for row in rows.values())
    proved(
        "a mailbox becomes the archive that hyperkitty_import makes of it; the second run changes nothing",
        f"{len(rows)} mails in {columns} columns, {len(threads)} threads, {attachments} attachments",
    )


def test_no_awkward_mail_is_lost(
    controller: Controller, fermium: MailServer, private: str, word: str, proved: Proved
) -> None:
    path = put(fermium, word, awkward.mailbox(awkward.MAILS))
    done = controller.task(MIGRATE, **options(private, path))
    lines = account(fermium, private)
    rows, _threads = archive(fermium, private)
    assert len(lines) == len(awkward.MAILS) == done["archives"][0]["found"]
    for line, (what, mail) in zip(lines, awkward.MAILS.items(), strict=True):
        assert line["state"] == mail.state, (what, line)
        assert mail.said in " ".join([line["reason"] or "", *line["mended"]]), (what, line)
        if mail.state == "quarantined":
            assert line["message_id"] not in rows
            continue
        row = rows[line["message_id"]]
        assert row["message_id_hash"] == line["hash"], what
        shown = dict(row, attached=len(row["attached"]))
        assert {key: shown[key] for key in mail.row} == mail.row, what
        assert row["date"].startswith("2010-01-04T1") and row["archived_date"] == awkward.ARRIVED, what

    # quarantined ones are kept, and can be put in when they are mended
    kept = f"{ACCOUNT}/{private}.quarantine.mbox"
    assert fermium.check("stat", "-c", "%a %U", kept).split() == ["600", "root"]
    quarantined = [mail for mail in awkward.MAILS.values() if mail.state == "quarantined"]
    assert fermium.check("cat", kept).encode() == b"".join(mail.raw() for mail in quarantined)
    assert controller.task(MIGRATE, **options(private, path))["changed"] is False
    mended = awkward.mailbox(awkward.MAILS).replace(quarantined[0].text, b"mended\n")
    done = controller.task(MIGRATE, **options(private, put(fermium, word, mended)))
    assert done["changed"] is True and done["archives"][0]["quarantined"] == 0
    assert archive(fermium, private)[0]["deep@x"]["content"] == "mended\n"
    assert fermium.run("test", "-e", kept)["rc"] == 1
    states = ", ".join(f"{number} {state}" for state, number in done["archives"][0].items() if isinstance(number, int))
    proved("no awkward mail is lost, doubled or dated to today", states)


def test_a_killed_run_is_finished_and_what_came_later_is_added(
    controller: Controller, fermium: MailServer, private: str, word: str, proved: Proved
) -> None:
    number = 1500
    # Not the name of the list, which is no secret.
    secret = f"verdict{word[::-1]}"
    content = b"".join(mails.mailbox(number, word=secret))
    path = put(fermium, word, content)
    base, api = f"/mailman3/hyperkitty/list/{private}", f"/mailman3/hyperkitty/api/list/{private}"
    paths = [f"{base}/", f"{base}/latest", f"{base}/feed/", f"{base}/2010/1/", f"{base}/export/{private}.mbox.gz"]
    paths += [
        f"{api}/",
        f"{api}/emails/",
        "/mailman3/hyperkitty/search?q=kernel",
        "/mailman3/hyperkitty/api/lists/?limit=1000",
    ]
    fermium.ask("write", path="/run/probe.py", text=PROBE % {"host": DOMAIN})
    quoted = " ".join(f"'{each}'" for each in [secret, *paths])
    fermium.check("sh", "-c", f"python3 /run/probe.py {quoted} > /run/probe.out 2>&1 &")

    # killed when something of it is there, and then when most is
    left = []
    for least in (1, 900):
        run = controller.begin(MIGRATE, **options(private, path))
        fill(fermium, private, least)
        fermium.check("pkill", "-KILL", "-u", "www-data", "-f", "import json, os, sys, types")
        assert run.wait() != 0
        left.append(count(fermium, private))
    assert 0 < left[0] <= left[1] < number, left
    # meanwhile HyperKitty's own archiver got an answer to a mail that is not there yet, and a new mail
    answer = content[content.rindex(b"Message-ID: <") :].partition(b"\n")[0].partition(b": ")[2].decode()
    archived = (
        "from email import message_from_string, policy\nfrom hyperkitty.lib.incoming import add_to_list\n"
        f"text = 'From: a@example.net\\nMessage-ID: <late@x>\\nIn-Reply-To: {answer}\\nDate: Mon, 04 Jan 2021 10:00:00 +0000\\n'\n"
        f"add_to_list({private!r}, message_from_string(text + '\\nlate\\n', policy=policy.default))\n"
    )
    fermium.manage("shell", stdin=archived)
    done = controller.task(MIGRATE, **options(private, path))
    assert done["changed"] is True and done["archives"][0]["moved"] == number
    assert controller.task(MIGRATE, **options(private, path))["changed"] is False
    fermium.ask("write", path="/run/probe.stop", text="")
    said = eventually(lambda: fermium.run("cat", "/run/probe.out")["out"], "the probe ends", 120)
    asked, shown = json.loads(said)
    assert shown == [] and asked["403"] > 20, said

    rows, threads = archive(fermium, private)
    late = rows.pop("late@x")
    assert late["parent"] == answer.strip("<>") and late["thread_order"] is not None
    other = f"other-{private}"
    controller.task(LIST, name=other, archive_policy="private")
    controller.task(MIGRATE, **options(other, path))
    whole, whole_threads = archive(fermium, other)
    moved = {key for key in rows if rows[key] != whole[key]}
    assert rows.keys() == whole.keys()
    # only in the thread that the late one joined
    assert {rows[key]["thread__thread_id"] for key in moved} <= {late["thread__thread_id"]}
    assert threads.keys() == whole_threads.keys()

    more = awkward.own(b"later", more=b"In-Reply-To: <late@x>\nSubject: later\n").raw()
    fermium.check("sh", "-c", f"base64 -d >> {path}", stdin=base64.b64encode(more).decode())
    done = controller.task(MIGRATE, **options(private, path))
    assert done["changed"] is True and done["archives"][0]["found"] == number + 1
    rows, _threads = archive(fermium, private)
    assert rows["later@x"]["parent"] == "late@x" and rows["later@x"]["thread_order"] is not None
    proved(
        "a killed import is finished by the next run, answers join what they answer, and strangers never see a page",
        f"killed at {left[0]} and {left[1]} of {number} mails; {sum(asked.values())} requests: {asked}",
    )


def test_what_would_be_exposed_is_refused(
    controller: Controller, fermium: MailServer, private: str, word: str, proved: Proved
) -> None:
    path = put(fermium, word, awkward.mailbox(awkward.MAILS))
    set_row = "from hyperkitty.models import MailingList\nMailingList.objects.filter(name='{}').{}\n"
    fermium.manage("shell", stdin=set_row.format(private, "update(archive_policy=2)"))
    said = [controller.refused(MIGRATE, **options(private, path))]
    fermium.manage("shell", stdin=set_row.format(private, "delete()"))
    said.append(controller.refused(MIGRATE, **options(private, path)))
    said.append(controller.refused(MIGRATE, **options(f"none-{private}", path)))
    controller.task(LIST, name=private, archive_policy="private")
    said.append(controller.refused(MIGRATE, **options(private, f"{FOLDER}/none")))
    assert "does not take list" in said[0] and "is not known to HyperKitty" in said[1]
    assert "does not exist" in said[2] and "give a file that exists" in said[3]
    assert count(fermium, private) == 0 and fermium.run("test", "-e", f"{ACCOUNT}/{private}.messages.json")["rc"] == 1
    # a public one is made
    public = f"other-{private}"
    controller.task(LIST, name=public, archive_policy="public")
    assert controller.task(MIGRATE, check_mode=True, **options(public, path))["changed"] is True
    controller.task(MIGRATE, **options(public, path))
    assert controller.task(MIGRATE, **options(public, path))["changed"] is False
    assert controller.task(LIST, name=public, archive_policy="public")["changed"] is False
    shown = "from hyperkitty.models import MailingList\nprint('answer', MailingList.objects.get(name={!r}).archive_policy)\n"
    assert fermium.manage("shell", stdin=shown.format(public)).rpartition("answer ")[2].strip() == "2"
    proved("lists that HyperKitty does not know, or would show, are refused", f"{len(said)} refusals")
