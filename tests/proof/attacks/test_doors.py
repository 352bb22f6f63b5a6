# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What mail from outside depends on hangs, is unreadable or has run out: mail goes on."""

from __future__ import annotations

import time

import pytest

from support import site
from support.controller import Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

UNIT = "listops-proof-hangs.service"
HANGS = 'import socket, time; s = socket.create_server(("127.0.0.1", 783)); time.sleep(900)'


def test_mail_passes_while_spamd_hangs(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    fermium.systemctl("stop", "spamd")
    try:
        fermium.check("systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "python3", "-c", HANGS)
        eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=783), "something listens")
        began = time.monotonic()
        sent = outside.send(site.ALICE, site.PUBLIC, f"patient {word}", "x" * 70 + "\n" + "Hello.\n" * 4000)
        took = time.monotonic() - began
        assert sent.accepted, sent.refusal
        # 20 s for spamd, and the rest for a busy machine
        assert 15 < took < 40, took
    finally:
        fermium.run("systemctl", "stop", UNIT)
        fermium.systemctl("start", "spamd")
    copy = outside.mailbox(site.BOB).wait_for(f"patient {word}")
    assert copy["X-Spam-Score"] is None
    proved("spamd hangs: mail is accepted unscanned", f"{took:.0f} s")


RUN = ("playbooks/site.yml", "--tags=exim")
KEY, CERTIFICATE = "/etc/exim4/self-signed.key", "/etc/exim4/self-signed.pem"
STARTTLS = f"""
import smtplib
server = smtplib.SMTP("{site.DOMAIN}", timeout=60)
server.ehlo()
print(server.docmd("STARTTLS")[0])
# after 220 it waits for a handshake, and for no QUIT
server.close()
"""


def test_mail_comes_in_clear_while_the_key_is_unreadable(
    fermium: MailServer, outside: Outside, undisturbed: None, word: str, proved: Proved
) -> None:
    fermium.check("chmod", "0600", KEY)
    try:
        fermium.systemctl("reload", "exim4")
        # nobody listens for a moment
        said = eventually(
            lambda: [code for code in outside.run("python3", "-c", STARTTLS)["out"].split() if code != "220"],
            "no TLS",
            30,
        )
        assert said == ["454"]
        assert outside.send(site.ALICE, site.PUBLIC, f"plain {word}").accepted
    finally:
        fermium.check("chmod", "0640", KEY)
        fermium.systemctl("reload", "exim4")
    outside.mailbox(site.BOB).wait_for(f"plain {word}")
    eventually(lambda: outside.run("python3", "-c", STARTTLS)["out"].split() == ["220"], "TLS is back", 30)
    proved("a key that Exim cannot read: STARTTLS answers 454, mail comes in clear", "1 copy")


def test_the_self_signed_certificate_is_renewed(
    fermium: MailServer, controller: Controller, undisturbed: None, proved: Proved
) -> None:
    ends = f"openssl x509 -in {CERTIFICATE} -noout -checkend"
    new = f"openssl req -x509 -newkey rsa:2048 -nodes -days 20 -subj /CN=fermium.example.org -keyout {KEY} -out {CERTIFICATE}"
    for spoil in (new, f"openssl genrsa -out {KEY} 2048"):
        fermium.check("sh", "-c", spoil)
        before = fermium.check("sha256sum", KEY, CERTIFICATE)
        assert changed(controller.playbook(*RUN, "--check")) > 0
        assert fermium.check("sha256sum", KEY, CERTIFICATE) == before
        assert changed(controller.playbook(*RUN)) > 0
        assert fermium.run(*ends.split(), str(365 * 86400))["rc"] == 0
        assert fermium.check("stat", "-c", "%a %U %G", KEY).split() == ["640", "root", "Debian-exim"]
    assert changed(controller.playbook(*RUN)) == 0
    proved("the self-signed certificate is made anew in its last 30 days, and when it has another key", "2 of 2")
