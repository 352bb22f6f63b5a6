# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the example inventory leaves at its default: see molecule/debian12/inventory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.usefixtures("subscribers")

AUTHORITY = "/etc/authority/ca.pem"
# A mail domain that is not in DNS: only the smarthost knows where it is.
HIDDEN = "hidden.example.net"
# The second domain for lists.
TEAMS = "teams.example.com"


def test_the_given_certificate_is_served(outside: Outside, proved: Proved) -> None:
    url = f"https://{site.DOMAIN}/robots.txt"
    trusted = outside.run("curl", "-sS", "--cacert", AUTHORITY, "-o", "/dev/null", "-w", "%{http_code}", url)
    assert (trusted["rc"], trusted["out"]) == (0, "200"), trusted
    unknown = outside.run("curl", "-sS", "-o", "/dev/null", url)
    assert unknown["rc"] == 60, unknown  # curl: the certificate could not be verified
    proved("the given certificate is served, with its chain", "200 with the authority, refused without")


def test_a_renewed_certificate_is_served_and_a_wrong_key_is_not(
    fermium: MailServer, controller: Controller, outside: Outside, proved: Proved
) -> None:
    run = ("playbooks/site.yml", "--tags=apache")
    folder = f"/etc/letsencrypt/live/{site.DOMAIN}"
    renew = "openssl req -x509 -newkey rsa:2048 -nodes -days 9 -subj /CN={name} -keyout {key} -out fullchain.pem"

    def served() -> str:
        shown = outside.run(
            "sh", "-c", f"openssl s_client -connect {site.DOMAIN}:443 < /dev/null | openssl x509 -subject -noout"
        )
        return str(shown["out"]).strip()

    before = served()
    fermium.check("cp", "-a", folder, "/run/kept")
    try:
        # as a hand would that forgets the key
        fermium.check("sh", "-c", f"cd {folder}; {renew.format(name='forgetful', key='/dev/null')}")
        assert f'apache_tls_key is "{folder}/privkey.pem": give the key' in controller.stopped(*run)
        assert served() == before
        fermium.check("sh", "-c", f"cd {folder}; {renew.format(name='renewed', key='privkey.pem')}")
        assert changed(controller.playbook(*run)) > 0
        assert "renewed" in served()
        assert changed(controller.playbook(*run)) == 0
    finally:
        fermium.check("sh", "-c", f"rm -r {folder}; cp -a /run/kept {folder}; touch {folder}/*; rm -r /run/kept")
        controller.playbook(*run)
    assert served() == before
    proved("a renewed certificate is served after the next run; one with another key is refused", "1 refused, 1 served")


def test_bacula_saves_what_a_backup_must_hold(fermium: MailServer, proved: Proved) -> None:
    fermium.check("bacula-fd", "-t", "-c", "/etc/bacula/bacula-fd.conf")
    assert fermium.check("stat", "-c", "%a %U %G", "/etc/bacula/bacula-fd.conf").split() == ["640", "root", "bacula"]
    assert fermium.ask("listening", host="127.0.0.1", port=9102)
    told = fermium.check("cat", "/etc/listops/bacula-director.conf")
    saved = [
        path for path in ("/var/lib/mailman3", "/etc/exim4", "/etc/letsencrypt", "/var/backups/listops") if path in told
    ]
    assert len(saved) == 4 and "Password" not in told
    proved("Bacula's client runs, and its director is told what to save", f"{', '.join(saved)} and more")


def test_a_copy_of_another_bacula_is_kept(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    """Of a host that was saved by another director before the first run, which is known by the director's part."""
    path, part = "/etc/bacula/bacula-fd.conf", "/etc/listops/bacula-director.conf"
    run = ("playbooks/site.yml", "--tags=backup")
    ours, told = fermium.check("cat", path), fermium.check("cat", part)
    theirs = 'Director {\n  Name = other-dir\n  Password = "zqx"\n}\n'
    copies: list[str] = []
    try:
        fermium.check("sh", "-c", f"cat > {path} <<'E'\n{theirs}E\nrm {part}")
        shown = json.dumps(results(controller.playbook(*run, "--diff")))
        copies = fermium.check("sh", "-c", f"ls {path}.*~").split()
        assert len(copies) == 1 and fermium.check("cat", copies[0]) == theirs
        # it has a password
        assert fermium.check("stat", "-c", "%a %U %G", copies[0]).split() == ["640", "root", "bacula"]
        assert f"{path} was somebody else's, and is kept in {copies[0]}" in shown and "zqx" not in shown
        assert (fermium.check("cat", path), fermium.check("cat", part)) == (ours, told)
        assert changed(controller.playbook(*run)) == 0 and fermium.is_active("bacula-fd")
    finally:
        fermium.run("rm", "-f", *copies)
        controller.playbook(*run)
    proved(f"what somebody else wrote is kept beside ours: {path}", "1 copy, mode 640")


def test_what_roles_share_is_said_once(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    saved = fermium.check("cat", "/etc/listops/backup-paths").split()
    assert "/etc/motd" in saved and "/etc/letsencrypt" in saved
    private = fermium.check("cat", "/etc/exim4/private_lists")
    assert "keptbyhand" in private and site.INTERNAL.partition("-")[0] in private
    elsewhere = {"spamassassin_listen_address": "::1", "spamassassin_port": 1783, "mailman_lmtp_port": 8025}
    looked = controller.playbook(
        "playbooks/site.yml", "--tags=exim", "--check", "--diff", f"--extra-vars={json.dumps(elsewhere)}"
    )
    shown = json.dumps(looked)
    assert "spamd_address = <; ::1 1783" in shown and "MAILMAN_LMTP_PORT  = 8025" in shown
    proved("Exim finds spamd and Mailman where their own variables put them; an operator's own lists and keys count")


def test_what_is_declared_no_more_is_taken_back(
    fermium: MailServer, controller: Controller, server: Any, proved: Proved
) -> None:
    """Bacula's client, which may read everything, and a directory in memory that filled up."""
    scan = {"path": "/var/spool/exim4/scan", "owner": "Debian-exim", "group": "Debian-exim", "mode": "0750"}
    db = dict(scan, path="/var/spool/exim4/db", size="64m")
    fewer = json.dumps({"backup_bacula": False, "spool_tmpfs_mounts": [db]})
    run = ("playbooks/site.yml", "--tags=backup,spool_tmpfs")
    bacula = ("/etc/bacula/bacula-fd.conf", "/etc/listops/bacula-director.conf")
    try:
        controller.playbook(*run, f"--extra-vars={fewer}")
        assert not server.mount_point(scan["path"]).exists and server.mount_point(db["path"]).exists
        fstab = fermium.check("cat", "/etc/fstab")
        assert scan["path"] not in fstab and db["path"] in fstab
        assert not fermium.is_active("bacula-fd") and not fermium.ask("listening", host="127.0.0.1", port=9102)
        assert fermium.run("systemctl", "is-enabled", "bacula-fd")["out"].strip() == "disabled"
        assert [path for path in bacula if fermium.run("test", "-e", path)["rc"] == 0] == []
        assert changed(controller.playbook(*run, f"--extra-vars={fewer}")) == 0
    finally:
        controller.playbook(*run)
    assert server.mount_point(scan["path"]).exists and fermium.ask("listening", host="127.0.0.1", port=9102)
    proved("a directory in memory and Bacula's client go when they are declared no more", "and come back")


def test_the_smarthost_takes_mail_for_elsewhere(
    fermium: MailServer, outside: Outside, word: str, proved: Proved
) -> None:
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
    verdicts = outside.mailbox(site.BOB).wait_for(f"signed x{word}").get_all("X-Dkim-Check", [])
    assert f"{site.DOMAIN} fail" in verdicts, verdicts
    proved("lists' mail is signed; the key is in DNS", "pass; changed on its way: fail")


def test_lists_of_one_name_in_two_domains(fermium: MailServer, outside: Outside, word: str, proved: Proved) -> None:
    open_one = site.INTERNAL.replace(site.DOMAIN, TEAMS)
    fermium.make_list(open_one)
    try:
        for member in (site.ALICE, site.BOB):
            fermium.subscribe(open_one, member)
        # it is as public as any, whoever has its name elsewhere
        hidden: dict[str, Any] = {"header_to": open_one, "cc": site.INTERNAL}
        for named in ({}, hidden):
            both = outside.send(site.ALICE, [site.INTERNAL, open_one], f"leak {word}", **named)
            assert "private and public" in both.refusal, both
        assert outside.send(site.ALICE, [open_one, site.PUBLIC], f"both public {word}").accepted
        copies = outside.mailbox(site.BOB)
        fermium.becomes(lambda: len(copies.all(f"both public {word}")) == 2, "a copy of each list")
        assert copies.has_none(f"leak {word}")
        assert outside.get(f"{site.LISTS}{open_one.replace('@', '.')}/").status == 200
    finally:
        fermium.rest("DELETE", f"lists/{open_one}")
    proved("a private list's namesake in another domain is public", "2 refused with both, 2 copies, its page")


def test_hosts_to_serve_have_addresses_of_either_kind(fermium: MailServer, proved: Proved) -> None:
    # what Exim would say to a connection from there
    told = f"HELO x.example.net\nMAIL FROM:<{site.STRANGER}>\nRCPT TO:<{site.ALICE}>\nQUIT\n"
    said = {
        host: fermium.check("exim4", "-bh", host, stdin=told).split("\n")
        for host in ("192.0.2.7", "2001:db8:7::25", "192.0.2.8", "2001:db8:8::25")
    }
    answers = {
        host: [line[:3] for line in lines if line.startswith(("250 Accepted", "550"))] for host, lines in said.items()
    }
    assert list(answers.values()) == [["250"], ["250"], ["550"], ["550"]], said
    proved("hosts to serve are named by IPv4 and IPv6 addresses", "2 served, their neighbours refused")


def test_the_dns_lacks_records_until_they_are_published(
    controller: Controller, outside: Outside, tmp_path: Path, proved: Proved
) -> None:
    run = ("playbooks/dns_records.yml", "--extra-vars", f"dns_records_file={tmp_path / 'zone'}")
    said = controller.stopped(*run)
    for name, kind in ((site.DOMAIN, "MX"), (f"proof._domainkey.{site.DOMAIN}", "TXT"), ("fermium.example.org", "A")):
        assert f"published: {name}. IN {kind} " in said
    assert f"missing: {TEAMS}. IN MX 10 fermium.example.org." in said
    lines = [line.split(" ", 3) for line in (tmp_path / "zone").read_text(encoding="utf-8").splitlines()]
    for name in (site.DOMAIN, f"_dmarc.{site.DOMAIN}", TEAMS):
        assert f"missing: {name}. IN TXT " in said
    # as the owner of the zone would, but in dnsmasq's words
    published = [
        f"txt-record={name[:-1]},{value}"
        for name, _in, kind, value in lines
        if kind == "TXT" and "_domainkey" not in name
    ]
    published.append(f"mx-host={TEAMS},fermium.example.org,10")
    outside.check("cp", "-p", "/etc/dnsmasq.conf", "/run/dnsmasq.kept")
    try:
        outside.check("tee", "-a", "/etc/dnsmasq.conf", stdin="\n".join(published) + "\n")
        outside.check("systemctl", "restart", "dnsmasq.service")
        said = json.dumps(controller.playbook(*run))
        assert said.count("published: ") == len(lines) and changed(json.loads(said)) == 0
        outside.check("sed", "-i", "s/a:mx.example.net -all/-all/", "/etc/dnsmasq.conf")
        outside.check("systemctl", "restart", "dnsmasq.service")
        assert f"different: {site.DOMAIN}. IN TXT" in controller.stopped(*run)
    finally:
        outside.check("cp", "-p", "/run/dnsmasq.kept", "/etc/dnsmasq.conf")
        outside.check("systemctl", "restart", "dnsmasq.service")
    proved("the DNS records are told, and missing and different ones are an error", f"{len(lines)} records")
