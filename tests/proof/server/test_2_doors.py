# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who can write to the host itself, over which connection, and with which headers to a list."""

from __future__ import annotations

import json

import pytest

from support import odd, site
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

HOST = "fermium.example.org"
ACCOUNTS = ("www-data", "list", "daemon", "bin", "sshd", "Debian-exim", "_apt")
# As any mail server does: STARTTLS when it is offered, whoever signed the certificate.
ENCRYPTED = f"""
import json, smtplib, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with smtplib.SMTP("{site.DOMAIN}", timeout=60) as server:
    server.ehlo()
    offered = server.has_extn("starttls")
    code = server.starttls(context=context)[0]
    server.ehlo()
    message = f"From: {site.ALICE}\\nTo: {site.PUBLIC}\\nSubject: {{sys.argv[1]}}\\n\\nx\\n"
    said = server.sendmail("{site.ALICE}", ["{site.PUBLIC}"], message)
    print(json.dumps([offered, code, server.sock.version(), said]))
"""


def test_strangers_reach_aliases_and_people_only(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    known = {line.split(":")[0] for line in fermium.check("getent", "passwd").splitlines()}
    accounts = [name for name in ACCOUNTS if name in known]
    addresses = [f"{name}@{domain}" for name in accounts for domain in (HOST, "localhost")]
    aliases = [f"{name}@{HOST}" for name in ("root", "postmaster", "abuse")]
    person = f"p{word}"
    fermium.check("useradd", "--no-create-home", person)
    try:
        every = [*addresses, *aliases, f"{person}@{HOST}", f"x{word}@{HOST}"]
        # who tries many at a time is sent away
        said = {address: outside.offer(site.STRANGER, [address])[address] for address in every}
    finally:
        fermium.check("userdel", person)
    assert len(accounts) > 3 and [address for address in addresses if said[address] != 550] == [], said
    assert [said[address] for address in [*aliases, f"{person}@{HOST}"]] == [250] * 4 and said[f"x{word}@{HOST}"] == 550
    proved("strangers reach aliases and people of the host, and no accounts of programs", f"{len(addresses)} x 550")


def test_what_programs_tell_their_accounts_reaches_root(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
    for name in ("www-data", "list"):
        fermium.check("sendmail", name, stdin=f"Subject: Cron of {name}\n\n{word} {name}\n")
        outside.mailbox(site.ROOT).wait_for(f"{word} {name}")
    proved("cron's mail to www-data and list reaches root's alias", "2 copies")


def test_mail_comes_by_tls(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    offered, code, version, refused = json.loads(outside.check("python3", "-c", ENCRYPTED, f"tls {word}"))
    assert (offered, code, refused) == (True, 220, {}) and version.startswith("TLSv1."), (offered, code, version)
    outside.mailbox(site.BOB).wait_for(f"tls {word}")
    keys = fermium.check("awk", "/^tls_privatekey/ {print $3}", "/etc/exim4/exim4.conf").split()
    reads = [fermium.run("runuser", "-u", user, "--", "test", "-r", keys[0])["rc"] for user in ("Debian-exim", "list")]
    assert reads == [0, 1], keys
    proved("mail from elsewhere comes by TLS, and only Exim can read the key", version)


def test_headers_that_mailman_cannot_take_are_refused(outside: Outside, word: str, proved: Proved) -> None:
    """One of each; attacks/test_odd_messages.py has many."""
    for wanted in ("From", "Date"):
        message = next(each for each in odd.REFUSED if each.refused == wanted)
        sent = outside.hand_over(site.ALICE, site.PUBLIC, message.raw(word, site.PUBLIC, ""))
        assert sent.data and sent.data[0] == 550, sent
        assert f"cannot be taken by a list. {wanted}: " in sent.refusal, sent.refusal
    proved("headers that Mailman cannot take are refused by name", sent.refusal[:60])
