# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A smarthost that wants a login: by TLS to a certificate that is trusted, with the right password, or mail waits."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support import site
from support.controller import Controller, changed
from support.inside import eventually
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

FOLDER = "/etc/proof-smarthost"
UNIT = "listops-proof-smarthost.service"
PORT = 10587
USER, PASSWORD = "lists:fermium", "pass^word $1 ^^ {x} \\N : \"'ü"
RUN = ("playbooks/site.yml", "--tags=exim")
TRUSTED = "/usr/local/share/ca-certificates/listops-proof.crt"
# It takes what is authenticated, and hands it to the mail server of everybody else.
CONFIGURATION = f"""
primary_hostname = mx.example.net
spool_directory = {FOLDER}/spool
log_file_path = {FOLDER}/spool/%slog
local_interfaces = 0.0.0.0
daemon_smtp_ports = {PORT}
tls_advertise_hosts = *
tls_certificate = {FOLDER}/server.pem
tls_privatekey = {FOLDER}/server.key
auth_advertise_hosts = *
keep_environment =
acl_smtp_auth = accept
acl_smtp_rcpt = check_rcpt
PASSWORD = ${{readfile{{{FOLDER}/password}}{{}}}}
USER = ${{readfile{{{FOLDER}/user}}{{}}}}

begin acl
check_rcpt:
  accept authenticated = *
         encrypted = *
         logwrite = login by $sender_host_authenticated
  deny message = log in first

begin routers
on:
  driver = manualroute
  route_list = * 127.0.0.1 byname
  self = send
  transport = on

begin transports
on:
  driver = smtp
  allow_localhost

begin authenticators
MECHANISM
"""
MECHANISMS = {
    "CRAM-MD5": "cram_md5:\n  driver = cram_md5\n  public_name = CRAM-MD5\n"
    "  server_secret = ${if eq{$auth1}{USER}{PASSWORD}fail}\n  server_set_id = $auth1\n",
    "PLAIN": "plain:\n  driver = plaintext\n  public_name = PLAIN\n  server_prompts = :\n"
    "  server_condition = ${if and{{eq{$auth2}{USER}}{eq{$auth3}{PASSWORD}}}}\n  server_set_id = $auth2\n",
    "LOGIN": "login:\n  driver = plaintext\n  public_name = LOGIN\n  server_prompts = Username:: : Password::\n"
    "  server_condition = ${if and{{eq{$auth1}{USER}}{eq{$auth2}{PASSWORD}}}}\n  server_set_id = $auth1\n",
}


def serve(outside: Outside, mechanism: str) -> None:
    outside.run("systemctl", "stop", UNIT)
    outside.ask("write", path=f"{FOLDER}/exim.conf", text=CONFIGURATION.replace("MECHANISM", MECHANISMS[mechanism]))
    outside.check("systemd-run", "--quiet", "--collect", f"--unit={UNIT}", "exim4", "-C", f"{FOLDER}/exim.conf", "-bdf")
    eventually(lambda: outside.ask("listening", host="127.0.0.1", port=PORT), "the smarthost listens")


@pytest.fixture
def smarthost(fermium: MailServer, outside: Outside, undisturbed: None, controller: Controller) -> Iterator[None]:
    """On the host outside, with a certificate of an authority that fermium does not know yet."""
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 9"
    outside.check("mkdir", "-p", f"{FOLDER}/spool")
    outside.check(
        "sh",
        "-ec",
        f"cd {FOLDER}; openssl req -x509 -subj '/CN=Proof' -keyout ca.key -out ca.pem {new_key};"
        " openssl req -x509 -CA ca.pem -CAkey ca.key -subj /CN=mx.example.net -addext subjectAltName=DNS:mx.example.net"
        f" -addext basicConstraints=critical,CA:FALSE -keyout server.key -out server.pem {new_key}",
    )
    outside.ask("write", path=f"{FOLDER}/user", text=USER)
    outside.ask("write", path=f"{FOLDER}/password", text=PASSWORD)
    outside.check("chown", "-R", "Debian-exim:Debian-exim", FOLDER)
    try:
        yield
    finally:
        outside.run("systemctl", "stop", UNIT)
        outside.check("rm", "-rf", FOLDER)
        fermium.check("rm", "-f", TRUSTED)
        fermium.check("update-ca-certificates", "--fresh")
        controller.playbook(*RUN)
    assert fermium.run("test", "-e", "/etc/exim4/smarthost_login")["rc"] == 1


def long_lines(fermium: MailServer, outside: Outside, word: str) -> None:
    """They reach people as they were, where they are accepted; Mailman takes none."""
    person = f"p{word}"
    fermium.check("useradd", "--no-create-home", person)
    try:
        for to in (f"{person}@fermium.example.org", site.PUBLIC):
            raw = f"From: {site.ALICE}\r\nTo: {to}\r\nSubject: long {word}\r\n\r\n{'x' * 5000}\r\n".encode()
            sent = outside.hand_over(site.ALICE, to, raw)
            assert sent.accepted == (to != site.PUBLIC), sent
        assert "which lists do not take" in sent.refusal
        eventually(lambda: fermium.run("grep", "-c", "x" * 5000, f"/var/mail/{person}")["rc"] == 0, "it is there whole")
    finally:
        fermium.check("rm", "-f", f"/var/mail/{person}")
        fermium.check("userdel", person)


def test_mail_leaves_with_a_login(
    smarthost: None, fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    login = {
        "exim_smarthost": f"mx.example.net:{PORT}",
        "exim_smarthost_user": USER,
        "exim_smarthost_password": PASSWORD,
        "exim_long_lines": "accept",
    }
    said = controller.playbook(*RUN, "--diff", f"--extra-vars={json.dumps(login)}")
    shown = json.dumps(said["plays"])
    assert "pass^word" not in shown, "the password is shown"
    kept = "/etc/exim4/smarthost_login"
    assert fermium.check("stat", "-c", "%a %U %G", kept).split() == ["640", "root", "Debian-exim"]

    def post(subject: str) -> None:
        fermium.check("sendmail", "-f", site.OWNER, site.BOB, stdin=f"Subject: {subject} {word}\n\nx\n")

    def hurry() -> None:
        fermium.check("exim4", "-qff", seconds=120)

    inbox = outside.mailbox(site.BOB)
    serve(outside, "PLAIN")
    # nobody known has signed the certificate
    post("unknown")
    refused = "tail -n 20 /var/log/exim4/mainlog | grep -a 'T=smarthost_smtp.*certificate'"
    eventually(lambda: fermium.run("sh", "-c", refused)["rc"] == 0, "the certificate is refused")
    assert inbox.has_none(f"unknown {word}")
    fermium.ask("write", path=TRUSTED, text=outside.ask("read", path=f"{FOLDER}/ca.pem"))
    fermium.check("update-ca-certificates")

    for mechanism in MECHANISMS:
        serve(outside, mechanism)
        post(mechanism)
        hurry()
        inbox.wait_for(f"{mechanism} {word}")
    logins = outside.check("sh", "-c", f"grep -h 'login by' {FOLDER}/spool/mainlog")
    assert {line.split()[-1] for line in logins.splitlines()} == {"cram_md5", "plain", "login"}, logins
    inbox.wait_for(f"unknown {word}")

    long_lines(fermium, outside, word)

    # another password: mail waits
    right = fermium.ask("read", path=kept)
    fermium.ask("write", path=kept, text=f"{USER}\nwrong\n")
    post("wrong")
    hurry()
    assert site.BOB in fermium.check("exim4", "-bp") and inbox.has_none(f"wrong {word}")
    fermium.ask("write", path=kept, text=right)
    hurry()
    inbox.wait_for(f"wrong {word}")
    assert changed(controller.playbook(*RUN, f"--extra-vars={json.dumps(login)}")) == 0
    proved(
        "a login at the smarthost: by trusted TLS and with the right password, or mail waits",
        "CRAM-MD5, PLAIN, LOGIN; 2 waited; a long line arrived whole",
    )
