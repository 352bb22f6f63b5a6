# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate from an authority in the test network, which asks for a page at port 80 as Let's Encrypt does."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

ROOT = "/etc/ssl/authority.pem"
AUTHORITY = "https://mx.example.net:15000/roots/0"
CERTIFICATE = "/etc/listops/certificate.pem"
RENEWAL = "/etc/letsencrypt/renewal/listops.conf"
ALIAS = "mail.example.org"
# What has to do with certificates.
SITE = ("playbooks/site.yml", "--tags=acme,exim,apache")
DOORS = {"pages": ["-connect", f"{site.DOMAIN}:443"], "mail": ["-connect", f"{site.DOMAIN}:25", "-starttls", "smtp"]}


class Authority:
    def __init__(self, outside: Outside, fermium: MailServer) -> None:
        self.outside = outside
        self.fermium = fermium
        # It signs with a new key at each start, and would not know certbot any more.
        outside.check("curl", "--silent", "--fail", "--cacert", "/etc/authority/ca.pem", "--output", ROOT, AUTHORITY)

    @contextlib.contextmanager
    def out_of_reach(self) -> Iterator[None]:
        """For the host; mail goes by DNS."""
        hosts = self.fermium.ask("read", path="/etc/hosts")
        self.fermium.ask("write", path="/etc/hosts", text=f"{hosts}127.0.0.1 mx.example.net\n")
        try:
            yield
        finally:
            self.fermium.ask("write", path="/etc/hosts", text=hosts)

    def serials(self, name: str = site.DOMAIN) -> dict[str, str]:
        """What anybody is shown at each door that speaks TLS, as far as this authority gave it for that name."""
        trusted = ["-CAfile", ROOT, "-verify_return_error", "-verify_hostname", name, "-servername", name]
        found = {}
        for door, where in DOORS.items():
            shown = self.outside.run("openssl", "s_client", *where, *trusted)
            pem = re.search("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", shown["out"], re.DOTALL)
            if shown["rc"] == 0 and pem:
                found[door] = self.outside.check("openssl", "x509", "-noout", "-serial", stdin=pem.group())
        return found

    def becomes_other(self, before: str) -> None:
        """Wait until all doors show the same, and another one than before: a service that loads it is away for a moment."""
        eventually(
            lambda: (
                set(found := self.serials()) == set(DOORS)
                and len(set(found.values())) == 1
                and before not in found.values()
            ),
            "another certificate is served",
            30,
        )

    def serial(self, name: str = site.DOMAIN) -> str:
        """The same at all doors."""
        found = self.serials(name)
        assert set(found) == set(DOORS) and len(set(found.values())) == 1, found
        return found["mail"]


@pytest.fixture(scope="module")
def authority(outside: Outside, fermium: MailServer) -> Authority:
    return Authority(outside, fermium)


@pytest.fixture
def due(fermium: MailServer) -> Iterator[None]:
    """The certificate is to be renewed whenever certbot looks."""
    fermium.check("sed", "-i", "1i renew_before_expiry = 9999 days", RENEWAL)
    yield
    fermium.check("sed", "-i", "/^renew_before_expiry/d", RENEWAL)


def look(fermium: MailServer) -> int:
    """What certbot's timer starts."""
    return int(fermium.run("systemctl", "start", "certbot.service", seconds=180)["rc"])


def test_pages_and_mail_have_the_first_certificate(
    authority: Authority, fermium: MailServer, outside: Outside, proved: Proved
) -> None:
    authority.serial()
    page = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--cacert", ROOT]
    assert outside.check(*page, site.LISTS) == "200"
    assert outside.check(*page, f"http://{site.DOMAIN}/") == "301"
    kept = fermium.check("stat", "--format=%U %G %a", CERTIFICATE).strip()
    assert kept == "root Debian-exim 640"
    assert fermium.run("runuser", "-u", "www-data", "--", "cat", CERTIFICATE)["rc"] != 0
    assert fermium.is_active("certbot.timer")
    proved("pages and STARTTLS have the authority's certificate; its key is root's and Exim's", "2 doors")


def test_a_renewed_one_is_served(authority: Authority, fermium: MailServer, due: None, proved: Proved) -> None:
    before = authority.serial()
    assert look(fermium) == 0
    authority.becomes_other(before)
    assert fermium.check("stat", "--format=%U %G %a", CERTIFICATE).strip() == "root Debian-exim 640"
    proved("certbot's timer renews, and both services serve the new one")


def test_a_failed_renewal_leaves_the_one_before(
    authority: Authority, fermium: MailServer, outside: Outside, word: str, due: None, proved: Proved
) -> None:
    before = authority.serial()
    with authority.out_of_reach():
        assert look(fermium) != 0
    assert authority.serial() == before
    assert outside.send(site.ALICE, site.PUBLIC, f"still here {word}").accepted
    proved("a renewal that fails leaves the one before, and mail goes on", "2 doors, 1 mail")


def test_what_was_renewed_and_not_installed_is_installed(
    authority: Authority, fermium: MailServer, controller: Controller, proved: Proved
) -> None:
    """As when the host goes down in between."""
    before = authority.serial()
    renew = ["certbot", "renew", "--quiet", "--force-renewal", "--no-directory-hooks", "--no-random-sleep-on-renew"]
    fermium.check(*renew, seconds=180)
    assert changed(controller.playbook("playbooks/site.yml", "--tags=acme", "--check")) > 0
    assert authority.serial() == before
    assert changed(controller.playbook("playbooks/site.yml", "--tags=acme")) == 1
    authority.becomes_other(before)
    assert changed(controller.playbook("playbooks/site.yml", "--tags=acme")) == 0
    proved("a run installs what was renewed while the host went down; the next one changes nothing")


def test_other_names_need_another_certificate(
    authority: Authority, controller: Controller, outside: Outside, proved: Proved
) -> None:
    more = f"--extra-vars={json.dumps({'apache_server_aliases': [ALIAS]})}"
    before = authority.serial()
    with authority.out_of_reach():
        said = controller.stopped(*SITE, more)
    assert f"gives no certificate for {site.DOMAIN}, {ALIAS}: " in said and "serves meanwhile" in said, said
    assert authority.serial() == before
    controller.playbook(*SITE, more)
    authority.becomes_other(before)
    both = authority.serial()
    assert authority.serial(ALIAS) == both
    controller.playbook(*SITE)
    authority.becomes_other(both)
    assert authority.serials(ALIAS) == {}
    proved("another name needs another certificate; while there is none, the run says so and the old one serves")


def test_before_there_is_one_a_self_signed_one_stands_in(
    authority: Authority, fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    fermium.check("certbot", "delete", "--non-interactive", "--cert-name", "listops")
    fermium.check("rm", CERTIFICATE)
    with authority.out_of_reach():
        said = controller.stopped(*SITE)
    assert f"gives no certificate for {site.DOMAIN}: " in said, said
    page = ["curl", "--silent", "--insecure", "--output", "/dev/null", "--write-out", "%{http_code}"]
    assert outside.check(*page, site.LISTS) == "200"
    hello = outside.run("openssl", "s_client", *DOORS["mail"])
    assert hello["rc"] == 0 and f"subject=CN={site.DOMAIN}" in hello["out"].replace(" = ", "="), hello
    assert outside.send(site.ALICE, site.PUBLIC, f"from the start {word}").accepted
    assert changed(controller.playbook(*SITE)) > 0
    authority.becomes_other("")
    assert changed(controller.playbook(*SITE)) == 0
    proved("before there is one, a self-signed one stands in; then the run obtains one, and the next changes nothing")
