# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's own habits: who runs what, what is mounted, what listens, what is secret."""

from __future__ import annotations

from typing import Any

import pytest

from support import site
from support.mail_server import MAILMAN_CFG, MailServer
from support.mounts import mounts
from support.outside import Outside
from support.proved import Proved

# Files that hold secrets, and what a secret looks like there.
SECRETS = [
    ["/etc/mailman3/listops-secrets.json", r'": *"([^"]{8,})"'],
    ["/etc/mailman3/mailman-web-secrets.json", r'": *"([^"]{12,})"'],
]


def test_spamd_is_humble(fermium: MailServer, proved: Proved) -> None:
    spamd = fermium.processes("/usr/sbin/spamd") + fermium.processes("spamd child")
    assert spamd
    children = [item for item in spamd if "child" in item["command"]]
    assert children, spamd
    assert {fermium.user(item["uid"]) for item in children} == {"spamd"}
    assert {fermium.group(item["gid"]) for item in children} == {"spamd"}
    assert {item["nice"] for item in spamd} == {10}
    entry = fermium.check("getent", "passwd", "spamd").strip().split(":")
    assert entry[6] in ("/usr/sbin/nologin", "/bin/false"), entry
    assert int(entry[2]) < 1000
    assert fermium.check("getent", "shadow", "spamd").split(":")[1][:1] in ("!", "*")
    proved(
        "spamd runs as its own user, without login, out of the way", f"user spamd, nice 10, {len(children)} children"
    )


def test_only_mail_and_web_are_reachable(fermium: MailServer, outside: Outside, proved: Proved) -> None:
    address = fermium.address()
    open_to_all = [port for port in (25, 80, 443) if outside.ask("listening", host=address, port=port)]
    loopback = {"spamd": 783, "REST": 8001, "LMTP": 8024, "web interface": 8002}
    within = [name for name, port in loopback.items() if fermium.ask("listening", host="127.0.0.1", port=port)]
    without = [name for name, port in loopback.items() if outside.ask("listening", host=address, port=port)]
    assert open_to_all == [25, 80, 443]
    assert set(within) == set(loopback)
    assert without == []
    proved("from outside only SMTP and HTTP(S) answer", f"open: 25 80 443; loopback only: {', '.join(within)}")


def test_rest_asks_for_its_password(fermium: MailServer, proved: Proved) -> None:
    answers = [
        fermium.ask("rest", config=MAILMAN_CFG, method="GET", path="lists", login=login)["status"]
        for login in ("", "restadmin:restpass")
    ]
    assert answers == [401, 401]
    assert fermium.rest_answers()
    proved("REST: no password 401, Mailman's well-known one 401, its own 200", "401, 401, 200")


def test_secrets_are_kept(fermium: MailServer, proved: Proved) -> None:
    seen = fermium.ask(
        "exposed",
        roots=[
            "/etc",
            "/var/lib/mailman3",
            "/var/log",
            "/run",
            "/usr/local",
            "/usr/share/mailman3-web",
            "/var/backups",
            "/tmp",
        ],
        secrets_of=SECRETS,
    )
    assert seen["secrets"] >= 2, "found no secrets to look for"
    assert seen["found"] == []
    assert seen["shown"] == 0, "a secret shows in the list of processes"
    # the scan does find what is there to be found
    fermium.check("install", "-m", "0644", SECRETS[0][0], "/tmp/proof-leak")
    try:
        leak = fermium.ask("exposed", roots=["/tmp"], secrets_of=SECRETS)
    finally:
        fermium.check("rm", "/tmp/proof-leak")
    assert leak["found"] == ["/tmp/proof-leak"]
    proved(
        "no secret in a file that anybody may read, nor in a command line",
        f"{seen['secrets']} secrets, {seen['files']} files, 0 found",
    )


# Apache's configuration test is a process of root's, too.
@pytest.mark.usefixtures("undisturbed")
def test_nothing_that_serves_strangers_is_root(fermium: MailServer, proved: Proved) -> None:
    web = fermium.processes("uwsgi") + fermium.processes("mailman3-web")
    core = fermium.processes("/mailman3/bin/runner") or fermium.processes("runner", "mailman")
    apache = fermium.processes("apache2")
    assert web
    assert core
    assert all(item["uid"] != 0 for item in web + core), [item["command"] for item in web + core if item["uid"] == 0]
    # Apache's first process opens the ports and answers nobody
    assert len([item for item in apache if item["uid"] == 0]) <= 1
    users = sorted({fermium.user(item["uid"]) for item in web + core})
    proved(
        "the web interface and Mailman do not run as root", f"{len(web)} + {len(core)} processes of {', '.join(users)}"
    )


def test_scratch_directories_are_in_memory(server: Any, proved: Proved) -> None:
    found = mounts(server)
    assert server.mount_point("/var/spool/exim4/input").exists is False, "mail that was accepted must be on disk"
    proved("Exim's scan and db directories are tmpfs, the queue is not", f"{len(found)} mounts, in fstab once each")


def test_robots_are_asked_to_stay_away(outside: Outside, proved: Proved) -> None:
    page = outside.get(f"https://{site.DOMAIN}/robots.txt")
    assert page.status == 200
    assert "Disallow: /mailman3/hyperkitty/" in page.text
    plain = outside.get(f"http://{site.DOMAIN}/")
    assert plain.status in (301, 302, 308), plain.status
    assert plain.headers["location"].startswith("https://")
    for icon in ("/favicon.ico", "/mailman3/favicon.ico"):
        assert outside.get(f"https://{site.DOMAIN}{icon}").headers["content-type"].startswith("image/"), icon
    proved("robots.txt and the icon are there; HTTP leads to HTTPS with a valid certificate", f"{plain.status}, 200")


def test_mailman_starts_after_the_mail_server(fermium: MailServer, proved: Proved) -> None:
    """In systemd's own view, in which a unit that nobody knows has no place."""
    units = ("mailman3", "mailman3-web")
    after = {unit: fermium.check("systemctl", "show", "--property=After", "--value", unit).split() for unit in units}
    assert all("exim4.service" in after[unit] for unit in units), after
    assert fermium.check("systemctl", "show", "--property=LoadState", "--value", "exim4").strip() == "loaded"
    # neither breaks the order to get out of a circle
    broken = fermium.run("journalctl", "--boot", "--no-pager", "--grep", "ordering cycle")["out"]
    assert "ordering cycle" not in broken, broken
    proved("systemd starts Mailman and its web interface after Exim", ", ".join(units))
