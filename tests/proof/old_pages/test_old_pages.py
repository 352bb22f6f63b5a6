# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page of recorded archives of a Mailman 2.1 answers on a Mailman 3, and those of a private list to its readers only."""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

import pytest

from support import site
from support.accounts import PASSWORD, remove_accounts, sign_up
from support.controller import Controller
from support.mail_server import MailServer
from support.outside import CERTIFICATE, Outside
from support.proved import Proved
from support.visitor import Visitor

FIXTURE = Path(__file__).resolve().parents[2] / "truth/sodium-var-lib-mailman.tgz"
COPY = "/var/lib/listops/migrate/sodium"
ARCHIVES = f"{COPY}/var/lib/mailman/archives/private"
ACCOUNT = "/var/lib/listops/migrate/account"
LIST, ARCHIVE, REDIRECTS = (
    f"listops.mailman.{name}" for name in ("mailman_list", "migrate_archive", "migrate_redirects")
)
GUARD = "/var/lib/listops/private-archives.json"
# The name with Mailman 2.1, and the list now: another name, a private archive, and one behind a password.
NAMES = {"village-talk": f"talk@{site.DOMAIN}", "board": f"board@{site.DOMAIN}", "helpdesk": site.PRIVATE}
PUBLIC, PRIVATE = NAMES["village-talk"], NAMES["board"]
# Asks for many paths as a stranger, without following what it is told.
WALK = """
import hashlib, http.client, json, ssl, sys
asked = json.load(sys.stdin)
context = ssl.create_default_context(cafile=asked["certificate"])
said, line = [], None
for path in asked["paths"]:
    for last in (False, True):
        try:
            line = line or http.client.HTTPSConnection(asked["host"], timeout=60, context=context)
            line.putrequest("GET", path, skip_accept_encoding=True)
            for name, value in asked["headers"].items():
                line.putheader(name, value)
            line.endheaders()
            answer = line.getresponse()
            body = answer.read()
            break
        except (http.client.HTTPException, OSError):
            line.close()
            line = None
            if last:
                raise
    said.append([answer.status, answer.getheader("Location"), hashlib.sha256(body).hexdigest()])
    if answer.will_close:
        line.close()
        line = None
print(json.dumps(said))
"""


class Answer(NamedTuple):
    status: int
    location: str | None
    sha256: str


def walk(outside: Outside, paths: Sequence[str], **headers: str) -> list[Answer]:
    asked = {"host": site.DOMAIN, "certificate": CERTIFICATE, "paths": list(paths), "headers": headers}
    said = json.loads(outside.check("python3", "-c", WALK, stdin=json.dumps(asked), seconds=600))
    return [Answer(*each) for each in said]


def apache(controller: Controller, names: dict[str, str]) -> None:
    role: dict[str, Any] = {"name": "listops.mailman.apache"}
    given = {"apache_migrated_lists": [{"from": old, "to": new} for old, new in names.items()]}
    play = [{"hosts": controller.host, "tasks": [{"ansible.builtin.import_role": role, "vars": given}]}]
    controller.playbook("/dev/stdin", stdin=json.dumps(play))


def redirects(controller: Controller, *, check_mode: bool = False) -> dict[str, Any]:
    archives = [{"list": new, "source": old, "folder": f"{ARCHIVES}/{old}"} for old, new in NAMES.items()]
    return controller.task(REDIRECTS, archives=archives, account=ACCOUNT, check_mode=check_mode)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives, where this runs."""
    folder = tmp_path_factory.mktemp("sodium")
    subprocess.run(["tar", "-x", "--no-same-owner", "-f", FIXTURE, "-C", folder], check=True)
    return next(folder.rglob("archives/private"))


@pytest.fixture(scope="module")
def moved(controller: Controller, fermium: MailServer) -> Iterator[list[dict[str, Any]]]:
    """The lists and their archives are on the host; what the module said of them."""
    before = set(fermium.lists())
    lists: list[dict[str, Any]] = [
        {"name": new, "archive_policy": "public" if new == PUBLIC else "private"} for new in NAMES.values()
    ]
    controller.task("ansible.builtin.file", path=COPY, state="directory", mode="0700")
    controller.task("ansible.builtin.unarchive", src=str(FIXTURE), dest=COPY, owner="root", group="root")
    fermium.check("chmod", "0700", COPY)
    try:
        apache(controller, {})
        controller.task(LIST, lists=[each for each in lists if each["name"] not in before])
        boxes = [
            {"list": new, "mbox": f"{ARCHIVES}/{old}.mbox/{old}.mbox"}
            for old, new in NAMES.items()
            if new != site.PRIVATE
        ]
        controller.task(ARCHIVE, archives=boxes, account=ACCOUNT)
        promised = redirects(controller, check_mode=True)
        done = redirects(controller)
        assert promised["changed"] and done["changed"] and promised["archives"] == done["archives"]
        for check_mode in (True, False):
            assert redirects(controller, check_mode=check_mode)["changed"] is False
        assert done["problems"] == []
        apache(controller, NAMES)
        yield done["archives"]
    finally:
        apache(controller, {})
        gone = [{"name": new, "state": "absent", "archives": "drop"} for new in NAMES.values() if new not in before]
        controller.task(LIST, lists=gone)
        fermium.check("rm", "-rf", "/var/lib/listops/pipermail", COPY, ACCOUNT)


@pytest.fixture(scope="module")
def stranger(moved: list[dict[str, Any]], request: pytest.FixtureRequest) -> Outside:
    """Somebody elsewhere, who trusts the certificate that the site has by now."""
    outside: Outside = request.getfixturevalue("outside")
    return outside


def account(fermium: MailServer, name: str) -> list[dict[str, Any]]:
    text = fermium.check("cat", f"{ACCOUNT}/{NAMES[name]}.pages.jsonl")
    return [json.loads(line) for line in text.splitlines()]


def pages_in(source: Path, name: str) -> dict[str, Path]:
    """Every page and file that the old server served, by its address."""
    folder = source / name
    own = re.compile(r"database/|pipermail\.pck")
    found = [path for path in folder.rglob("*") if not path.is_dir()]
    ways = {str(path.relative_to(folder)): path for path in found}
    return {f"/pipermail/{name}/{quote(way)}": path for way, path in ways.items() if not own.match(way)}


def message(path: Path) -> str | None:
    """The hash of a page's message, as the page's own link has it."""
    found = re.search(rb"&In-Reply-To=%3C(.*?)%3E\"", path.read_bytes())
    if not re.fullmatch(r"\d+\.html", path.name) or not found:
        return None
    return base64.b32encode(hashlib.sha1(unquote(found.group(1).decode()).encode()).digest()).decode()


def test_every_page_of_a_public_list_answers(
    fermium: MailServer, stranger: Outside, source: Path, moved: list[dict[str, Any]], proved: Proved
) -> None:
    pages = pages_in(source, "village-talk")
    sums = moved[0]
    lines = {line["path"]: line for line in account(fermium, "village-talk")}
    assert lines.keys() == pages.keys() and len(pages) == sums["found"] == sums["moved"] == 485
    # one shows the end of a mail in which a line begins with From: no mail, so it stays the page that it is
    assert (sums["link"], sums["page"]) == (201, 1)
    archive = f"https://{site.DOMAIN}/mailman3/hyperkitty/list/{PUBLIC}"
    targets = set()
    kinds: collections.Counter[str] = collections.Counter()
    for path, answer in zip(pages, walk(stranger, list(pages)), strict=True):
        kinds[lines[path]["found"]] += 1
        if lines[path]["found"] in ("file", "page"):
            assert (answer.status, answer.sha256) == (200, hashlib.sha256(pages[path].read_bytes()).hexdigest()), path
            continue
        assert answer.status == 301 and answer.location, (path, answer)
        targets.add(answer.location.removeprefix(f"https://{site.DOMAIN}"))
        if lines[path]["found"] == "link":
            assert answer.location == f"{archive}/message/{message(pages[path])}/", path
        else:
            assert re.fullmatch(re.escape(archive) + r"/(\d{4}/\d\d?/)?", answer.location), (path, answer)
    assert len([each for each in targets if "/message/" in each]) == 201
    assert {answer.status for answer in walk(stranger, sorted(targets))} == {200}
    proved(
        "every page of a public archive leads to its message, or is what it was",
        f"{len(pages)} pages ({', '.join(f'{count} {kind}' for kind, count in sorted(kinds.items()))}), "
        f"all {len(targets)} targets answer 200",
    )


def others_of(path: str) -> list[str]:
    """The same page, as it was in the private archive and with other spellings."""
    name, rest = path.removeprefix("/pipermail/").split("/", 1)
    return [
        f"/mailman/private/{name}/{rest}",
        f"/cgi-bin/mailman/private/{name}/{rest}",
        f"/PIPERMAIL/{name.upper()}/{rest}",
        f"//pipermail//{name}//{rest}",
        f"{path}?a=http://evil.example.com/",
    ]


def test_other_spellings_of_the_same(stranger: Outside, source: Path) -> None:
    paths = list(pages_in(source, "village-talk"))[::40]
    for path, answer in zip(paths, walk(stranger, paths), strict=True):
        assert set(walk(stranger, others_of(path))) == {answer}, path


def test_a_stranger_sees_nothing_of_a_private_list(
    fermium: MailServer, stranger: Outside, source: Path, word: str, proved: Proved
) -> None:
    pages = list(pages_in(source, "board"))
    assert len(pages) == len(account(fermium, "board")) == 151
    made_up = f"/pipermail/board/2017-April/{word}.html"
    paths = [*pages, made_up, *(other for path in pages for other in others_of(path))]
    answers = walk(stranger, paths)
    # not even whether there is such a page
    assert {(answer.status, answer.location) for answer in answers} == {(403, None)}
    forged = {"LISTOPS_OLD_FILE": "board/2017-April.txt", "LISTOPS_OLD_OPEN": "1", "X-Forwarded-For": "127.0.0.1"}
    assert {answer.status for answer in walk(stranger, pages[:3], **forged)} == {403}
    # one behind a password asks for it
    guarded = ["/pipermail/helpdesk/", "/pipermail/helpdesk/index.html", "/mailman/private/helpdesk/x"]
    assert {answer.status for answer in walk(stranger, guarded)} == {401}
    proved("to a stranger all pages of a private archive answer alike", f"{len(answers)} x 403, {len(guarded)} x 401")


def test_a_subscriber_reads_them(
    fermium: MailServer, stranger: Outside, source: Path, word: str, proved: Proved
) -> None:
    pages = pages_in(source, "board")
    address = f"{word}@example.net"
    sign_up(fermium, word, address)
    fermium.subscribe(PRIVATE, address)
    visitor = Visitor(stranger)
    try:
        visitor.log_in(word, PASSWORD)
        cookies = {"Cookie": visitor.cookies()}
        lines = {line["path"]: line for line in account(fermium, "board")}
        counts: collections.Counter[int] = collections.Counter()
        for path, answer in zip(pages, walk(stranger, list(pages), **cookies), strict=True):
            counts[answer.status] += 1
            if lines[path]["found"] == "file":
                assert (answer.status, answer.sha256) == (200, hashlib.sha256(pages[path].read_bytes()).hexdigest()), (
                    path
                )
                continue
            assert answer.status == 301 and answer.location, (path, answer)
            assert answer.location.removeprefix(f"https://{site.DOMAIN}") == lines[path]["target"]
            if lines[path]["found"] == "link":
                assert answer.location.endswith(f"/message/{message(pages[path])}/"), path
        missing = [
            f"/pipermail/board/{word}",
            "/pipermail/board/%ff%fe%E2%80%AE",
            "/pipermail/board/attachments/",
            "/pipermail/board/database/2017-April-article",
        ]
        assert {answer.status for answer in walk(stranger, missing, **cookies)} == {404}
        fermium.unsubscribe(PRIVATE, address)
    finally:
        visitor.leave()
        remove_accounts(fermium, word)
    proved("a subscriber reads all pages of a private archive", f"{counts[301]} x 301 and {counts[200]} files")


def test_a_list_that_becomes_private_closes_its_pages(
    controller: Controller, fermium: MailServer, stranger: Outside, source: Path, proved: Proved
) -> None:
    pages = list(pages_in(source, "village-talk"))
    closed = {(403, None)}
    try:
        controller.task(LIST, name=PUBLIC, archive_policy="private")
        assert {answer[:2] for answer in walk(stranger, pages)} == closed
    finally:
        controller.task(LIST, name=PUBLIC, archive_policy="public")
    first = walk(stranger, pages)
    assert {answer.status for answer in first} == {200, 301}
    ways = {
        "gone": f"mv {GUARD} {GUARD}.away",
        "empty": f"cp -p {GUARD} {GUARD}.away && : > {GUARD}",
        "cut off": f"cp -p {GUARD} {GUARD}.away && head -c 30 {GUARD}.away > {GUARD}",
        "somebody's": f"cp -p {GUARD} {GUARD}.away && chown www-data {GUARD} && chmod 0600 {GUARD} && head -c 30 {GUARD}.away > {GUARD}",
        "not to be read": f"cp -p {GUARD} {GUARD}.away && chmod 0600 {GUARD}",
    }
    some = pages[::5]
    for way, command in ways.items():
        fermium.check("sh", "-euc", command)
        try:
            assert {answer[:2] for answer in walk(stranger, some)} == closed, way
        finally:
            fermium.check("mv", f"{GUARD}.away", GUARD)
    assert walk(stranger, pages) == first
    proved(
        "all pages are closed with the list, and without the guard's file",
        f"{len(pages)} x 403: private; {len(some)} x 403 each: {', '.join(ways)}",
    )


LISTS = "/mailman3/postorius/lists"
TALK = f"{LISTS}/{PUBLIC.replace('@', '.')}"


@pytest.mark.parametrize("before", ["/mailman", "/cgi-bin/mailman"])
def test_pages_of_lists(stranger: Outside, before: str) -> None:
    wanted = {
        "": f"{LISTS}/",
        "/": f"{LISTS}/",
        "/listinfo": f"{LISTS}/",
        "/listinfo/": f"{LISTS}/",
        "/admin": f"{LISTS}/",
        "/create": f"{LISTS}/new/",
        "/listinfo/village-talk": f"{TALK}/",
        "/listinfo/Village-Talk/": f"{TALK}/",
        "/listinfo/village-talk/de?language=fr": f"{TALK}/",
        "/subscribe/village-talk?email=a@example.net": f"{TALK}/",
        "/options/village-talk/a--at--example.net": f"{TALK}/",
        "/roster/village-talk": f"{TALK}/",
        "/confirm/village-talk": f"{TALK}/",
        f"/confirm/village-talk/{'0a' * 20}": f"{TALK}/confirm/?token={'0a' * 20}",
        "/admin/village-talk": f"{TALK}/settings/",
        "/admin/village-talk/privacy/sender": f"{TALK}/settings/",
        "/admin/village-talk/members/list": f"{TALK}/members/member/",
        "/admindb/village-talk": f"{TALK}/held_messages",
        "/edithtml/village-talk/listinfo.html": f"{TALK}/templates",
    }
    answers = walk(stranger, [before + path for path in wanted])
    assert {answer.status for answer in answers} == {301}
    found = dict(
        zip(wanted, [str(answer.location).removeprefix(f"https://{site.DOMAIN}") for answer in answers], strict=True)
    )
    assert found == wanted
    followed = walk(stranger, sorted(set(wanted.values())))
    # those of owners are not for strangers
    # and the token was never mailed
    assert {answer.status for answer in followed} <= {200, 302, 403, 404}
    assert followed[sorted(set(wanted.values())).index(f"{TALK}/")].status == 200


ODD = [
    *("/pipermail/", "/pipermail/nothere/", "/pipermail/nothere", "/mailman/listinfo/nothere", "/mailman/nothere"),
    *("/pipermail/village-talk/nothere", "/pipermail/village-talk/2016-April/999999.html", "/pipermail/village-talkx/"),
    *("/pipermail/village-talk/attachments/", "/pipermail/village-talk/database/2016-April-article"),
    *("/pipermail/village-talk/pipermail.pck", "/pipermail/village-talk/.htaccess"),
    *("/pipermail/../../etc/passwd", "/pipermail/village-talk/../../../../../etc/passwd"),
    *("/pipermail/village-talk/%2e%2e/%2e%2e/pages.dbm", "/pipermail/village-talk/%2e%2e/%2e%2e/%2e%2e/%2e%2e/x"),
    *(
        "/pipermail/village-talk/%252e%252e/x",
        "/pipermail/village-talk/..%2f..%2fpages.dbm",
        "/pipermail/%2e%2e%2fpages.dbm",
    ),
    *("/pipermail/village-talk/a%00b", "/pipermail/village-talk%00/", "/mailman/listinfo/village-talk%00"),
    *("/pipermail/village-talk/%0d%0aLocation:%20http://evil.example.com/", "/pipermail/village-talk%0a/"),
    *("/mailman/listinfo/%0d%0aX:%20y", "/mailman/listinfo/village-talk%0a", "/mailman/listinfo/$%7Blower:x%7D"),
    *("/pipermail//evil.example.com/", "//evil.example.com/pipermail/", "/pipermail/evil.example.com//"),
    *(
        "/mailman/listinfo//evil.example.com/",
        "/mailman/listinfo/%2f%2fevil.example.com",
        "/pipermail/%5c%5cevil.example.com/",
    ),
    *("/pipermail/dev.ops+test/", "/mailman/listinfo/dev.ops%2Btest", "/mailman/listinfo/a|b", "/pipermail/a%7Cb/"),
    *(
        "/pipermail/village-talk/a%3fb",
        "/pipermail/village-talk/2016-April.txt%3f",
        "/pipermail/village-talk/2016-April.txt/x",
    ),
    *("/pipermail/%ff%fe/", "/pipermail/village-talk/%ff%fe", "/pipermail/village-talk/%E2%80%AE"),
    *(
        "/pipermail/" + "x" * 3000,
        "/pipermail/village-talk/" + "x" * 3000,
        "/mailman/private/",
        "/mailman/listinfo/" + "y" * 300,
    ),
]


def test_odd_and_hostile_paths(stranger: Outside, proved: Proved) -> None:
    answers = dict(zip(ODD, walk(stranger, ODD), strict=True))
    # the lists, where nobody asked for one
    assert answers.pop("/mailman/private/").status == 301
    # what no path of a site can be, Apache itself refuses
    assert {answer.status for answer in answers.values()} <= {404, 400, 403}, answers
    assert not any(answer.location for answer in answers.values())
    wrong = {path for path, answer in answers.items() if answer.status != 404}
    assert all(".." in path or "%2e%2e/" in path or len(path) > 2000 for path in wrong), wrong
    proved("odd and hostile paths lead nowhere", f"{len(ODD)} paths, none a redirect to elsewhere, none a 500")
