# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the example inventory leaves at its default: see molecule/debian12/inventory."""

from __future__ import annotations

import pytest

from support import site
from support.fermium import Fermium
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

AUTHORITY = "/etc/authority/ca.pem"
# A mail domain that is not in DNS: only the smarthost knows where it is.
HIDDEN = "hidden.example.net"


def test_the_given_certificate_is_served(outside: Outside, proved: Proved) -> None:
    url = f"https://{site.DOMAIN}/robots.txt"
    trusted = outside.run("curl", "-sS", "--cacert", AUTHORITY, "-o", "/dev/null", "-w", "%{http_code}", url)
    assert (trusted["rc"], trusted["out"]) == (0, "200"), trusted
    unknown = outside.run("curl", "-sS", "-o", "/dev/null", url)
    assert unknown["rc"] == 60, unknown  # curl: the certificate could not be verified
    proved("the given certificate is served, with its chain", "200 with the authority, refused without")


def test_the_smarthost_takes_mail_for_elsewhere(fermium: Fermium, outside: Outside, word: str, proved: Proved) -> None:
    assert outside.run("getent", "ahosts", HIDDEN)["rc"] == 2, f"{HIDDEN} is in DNS"
    reader = f"reader-{word}@{HIDDEN}"
    fermium.subscribe(site.PUBLIC, reader)
    try:
        assert outside.send(site.ALICE, site.PUBLIC, f"elsewhere {word}").accepted
        outside.mailbox(reader).wait_for(f"elsewhere {word}")
    finally:
        fermium.unsubscribe(site.PUBLIC, reader)
    proved("mail for a domain without DNS leaves by the smarthost", "1 copy")


def test_what_lists_send_is_signed(outside: Outside, word: str, proved: Proved) -> None:
    assert outside.send(site.ALICE, site.PUBLIC, f"signed {word}").accepted
    copy = outside.mailbox(site.BOB).wait_for(f"signed {word}")
    assert copy.get_all("X-Dkim-Check") == [f"{site.DOMAIN} pass"]
    # the same server's verdict on a message whose text was changed on its way
    forged = copy.as_string().replace(word, f"x{word}")
    said = outside.ask("smtp", host="localhost", mail_from=site.STRANGER, recipients=[site.BOB], message=forged)
    assert said["data"][0] == 250, said
    verdicts = outside.mailbox(site.BOB).wait_for(f"signed x{word}").get_all("X-Dkim-Check")
    assert f"{site.DOMAIN} fail" in verdicts, verdicts
    proved("lists' mail is signed; the key is in DNS", "pass; changed on its way: fail")
