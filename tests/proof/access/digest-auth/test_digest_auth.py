# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A confidential archive from beginning to end: users in Vault, a hand-over only the reader can read, closed to others."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import site
from support.controller import Controller, changed
from support.doors import confide
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

HANDOVER, SITE = "playbooks/handover.yml", "playbooks/site.yml"
BEA = "bea@example.net"


class Person:
    """Somebody with a GnuPG of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700)

    def gpg(self, *argv: str, told: str = "") -> str:
        command = [
            "gpg",
            "--homedir",
            str(self.home),
            "--batch",
            "--quiet",
            "--pinentry-mode=loopback",
            "--passphrase=",
        ]
        done = subprocess.run([*command, *argv], input=told, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def key(self, owner: str, usage: str = "default", *when: str, until: str = "1y") -> str:
        """The fingerprint of a new key."""
        algorithm = "ed25519" if usage == "sign" else "future-default"
        self.gpg(*when, "--quick-generate-key", owner, algorithm, usage, until)
        rows = self.gpg("--list-keys", "--with-colons", owner).splitlines()
        return next(row.split(":")[9] for row in rows if row.startswith("fpr"))

    def public(self, fingerprint: str, path: Path) -> Path:
        path.write_text(self.gpg("--armor", "--export", fingerprint), encoding="utf-8")
        return path

    def leave(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)


@pytest.fixture
def bea(tmp_path: Path) -> Iterator[Person]:
    # the path of a socket is short
    home = Path("/tmp") / f"bea-{os.getpid()}"
    person = Person(home)
    yield person
    person.leave()
    # its agent may be removing its sockets still
    shutil.rmtree(home, ignore_errors=True)


class Vault:
    """The readers, in a file that only Ansible Vault opens, and the site that is made of it."""

    def __init__(self, controller: Controller, folder: Path) -> None:
        self.controller = controller
        self.path, self.key, self.generated = folder / "readers.yml", folder / "vault-key", folder / "alice"
        self.key.write_text("a key for the vault\n", encoding="utf-8")
        self.options = ("-e", f"@{self.path}", f"--vault-password-file={self.key}")

    def holds(self, name: str = "arbcom-l", **readers: str) -> None:
        """name: the list, in one of its forms."""
        alice = f"{{{{ lookup('ansible.builtin.password', '{self.generated} length=24') }}}}"
        users = [{"name": user, "password": word} for user, word in {"alice": alice, **readers}.items()]
        archives = [{"list": name, "realm": site.REALM, "users": users}]
        self.path.write_text(json.dumps({"apache_digest_archives": archives}), encoding="utf-8")
        program = str(Path(sys.executable).parent / "ansible-vault")
        subprocess.run([program, "encrypt", f"--vault-password-file={self.key}", str(self.path)], check=True)
        assert not any(word in self.path.read_text(encoding="utf-8") for word in readers.values())

    def apply(self) -> int:
        """Bring it to the server; how many tasks changed something."""
        said = self.controller.playbook(SITE, "--tags=apache", *self.options)
        return changed(said, self.controller.host)


@pytest.fixture
def vault(controller: Controller, tmp_path: Path) -> Iterator[Vault]:
    yield Vault(controller, tmp_path)
    controller.playbook(SITE, "--tags=apache")


@pytest.fixture
def watched(controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file in which each call of gpg by Ansible is noted: its command line and its environment."""
    folder, calls = tmp_path / "bin", tmp_path / "calls"
    folder.mkdir()
    script = folder / "gpg"
    script.write_text(
        f'#!/bin/sh\n{{ echo "$@"; env; }} >> {calls}\nexec {shutil.which("gpg")} "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    monkeypatch.setitem(controller.environment, "PATH", f"{folder}:{os.environ['PATH']}")
    return calls


def test_a_reader_from_the_vault_to_the_archive_and_out_again(
    fermium: MailServer,
    outside: Outside,
    controller: Controller,
    bea: Person,
    vault: Vault,
    watched: Path,
    word: str,
    tmp_path: Path,
    proved: Proved,
) -> None:
    post = confide(fermium, outside, word)
    secret = f"only-{word}-knows"
    vault.holds(bea=secret)
    assert vault.apply() > 0
    made = vault.generated.read_text(encoding="utf-8").strip()
    assert vault.apply() == 0 and vault.generated.read_text(encoding="utf-8").strip() == made, "made anew"
    assert outside.get(post.archive).status == 401

    fingerprint = bea.key(f"Bea <{BEA}>")
    key = bea.public(fingerprint, tmp_path / "bea.asc")
    told = {"list": "arbcom-l", "user": "bea", "key": str(key), "directory": str(tmp_path), "mail_to": BEA}
    options = [*vault.options, "-e", json.dumps({f"handover_{name}": value for name, value in told.items()})]
    options += ["-e", f"handover_fingerprint='{fingerprint[:20]} {fingerprint[20:]}'"]
    controller.playbook(HANDOVER, "--check", *options)
    path = tmp_path / f"{controller.host}-arbcom-l-bea.asc"
    assert not path.exists(), "check mode wrote"
    # the loudest that Ansible can be
    said = json.dumps(controller.playbook(HANDOVER, "-vvvvv", "--diff", *options))
    assert secret not in said and path.stat().st_mode & 0o777 == 0o600
    armoured = path.read_text(encoding="utf-8")
    assert armoured.startswith("-----BEGIN PGP MESSAGE-----") and secret not in armoured
    assert secret not in watched.read_text(encoding="utf-8"), "gpg was told by its command line"
    kept = [str(tmp_path), str(Path.home() / ".ansible")]
    holding = subprocess.run(["grep", "-rlF", secret, *kept], capture_output=True, text=True, check=False)
    assert holding.stdout == ""
    assert not list(Path("/tmp").glob("listops-gpg-*")), "gpg's home is left"
    by_mail = outside.mailbox(BEA).wait_for("BEGIN PGP MESSAGE")
    for text in (armoured, str(by_mail.get_content())):
        lines = dict(line.split(": ", 1) for line in bea.gpg("--decrypt", told=text).splitlines())
        assert lines["User"] == "bea" and lines["Password"] == secret and lines["Archive"] == post.archive

    assert changed(controller.playbook(HANDOVER, *options), controller.host) == 0
    assert len(outside.mailbox(BEA).all("BEGIN PGP MESSAGE")) == 1

    # with what she read she gets in, by every door that is one
    opened = outside.wait_for_page(post.message, "bea", lines["Password"])
    assert f"Guilty, {word}." in opened.text
    closed = {url: outside.get(url) for url in post.tried}
    assert not [url for url, page in closed.items() if word in page.text and "/search" not in url]
    assert not [url for url, page in closed.items() if f"verdict {word}" in page.text]
    asked = [url for url, page in closed.items() if page.status == 401]
    unlocked = [url for url in asked if outside.get(url, "bea", secret).status == 200]
    assert {post.message, *post.downloads} <= set(unlocked)
    for url in post.downloads:
        assert f"verdict {word}" in outside.unpacked(url, "bea", secret), url
    assert {outside.get(url, "bea", secret + "x").status for url in asked} == {401}
    log = fermium.ask("read", path=f"/var/log/apache2/archive-{site.PRIVATE}.log")
    page = post.message.partition(site.DOMAIN)[2]
    mine = [line for line in log.splitlines() if " bea [" in line and page in line]
    assert mine and secret not in log

    # a new password is another hand-over; without her line she is out
    vault.holds(bea=secret + "2")
    assert changed(controller.playbook(HANDOVER, *options), controller.host) > 0
    assert f"Password: {secret}2" in bea.gpg("--decrypt", told=path.read_text(encoding="utf-8"))
    vault.holds()
    vault.apply()
    assert outside.get(post.archive, "bea", secret).status == 401
    assert outside.get(post.archive, "alice", made).status == 200
    proved(
        "a reader: in the Vault, handed over to her key only, in, logged, out",
        f"{len(asked)} x 401 without, {len(unlocked)} x 200 with, {len(post.tried)} tried, {len(mine)} lines of log",
    )


def test_a_list_is_named_with_or_without_its_domain(
    outside: Outside, controller: Controller, bea: Person, vault: Vault, word: str, tmp_path: Path, proved: Proved
) -> None:
    secret = f"only-{word}-knows"
    reader = f"bea-{word}@example.net"
    key = bea.public(bea.key(f"Bea <{reader}>"), tmp_path / "bea.asc")
    told = {"user": "bea", "key": str(key), "directory": str(tmp_path), "mail_to": reader}

    def options(name: str) -> list[str]:
        variables = {f"handover_{key}": value for key, value in {**told, "list": name}.items()}
        return [*vault.options, "-e", json.dumps(variables)]

    forms = ("arbcom-l", site.PRIVATE, site.PRIVATE.upper())
    counts = []
    for declared in forms[:2]:
        vault.holds(declared, bea=secret)
        counts += [changed(controller.playbook(HANDOVER, *options(form)), controller.host) for form in forms]
    # whatever it is called, it was handed over once
    assert counts[0] > 0 and counts[1:] == [0] * 5, counts
    (path,) = set(tmp_path.glob("*.asc")) - {key}
    assert path.name == f"{controller.host}-arbcom-l-bea.asc"
    lines = dict(line.split(": ", 1) for line in bea.gpg("--decrypt", told=path.read_text("utf-8")).splitlines())
    assert lines["Password"] == secret and "arbcom-l" in lines["Archive"]
    outside.mailbox(reader).wait_for("BEGIN PGP MESSAGE")
    assert len(outside.mailbox(reader).all("BEGIN PGP MESSAGE")) == 1
    # a namesake elsewhere is another list
    elsewhere = f"arbcom-l@other-{word}.example.org"
    assert f'handover_list is "{elsewhere}" and' in controller.stopped(HANDOVER, *options(elsewhere))
    proved("a list is handed over by either form of its name, as the archive is declared", "6 runs, 1 message")


def test_keys_and_readers_that_do_not_do(
    controller: Controller, bea: Person, vault: Vault, word: str, tmp_path: Path, proved: Proved
) -> None:
    vault.holds(bea=f"only-{word}-knows")
    good = bea.key("Bea <bea@example.net>")
    other = bea.key("Not Bea <other@example.net>")
    expired = bea.key("Old Bea <old@example.net>", "default", "--faked-system-time=20200101T000000", until="30d")
    signing = bea.key("Signing Bea <sign@example.net>", "sign")
    keys = {
        name: bea.public(print_, tmp_path / f"{name}.asc")
        for name, print_ in {"good": good, "other": other, "expired": expired, "signing": signing}.items()
    }
    both = tmp_path / "both.asc"
    both.write_text(bea.gpg("--armor", "--export", good, other), encoding="utf-8")
    private = tmp_path / "private.asc"
    private.write_text(bea.gpg("--armor", "--export-secret-keys", good), encoding="utf-8")
    broken = tmp_path / "broken.asc"
    broken.write_text(keys["good"].read_text(encoding="utf-8")[:200], encoding="utf-8")
    bad = {
        f"the key's fingerprint is {other}: give the key with {good}": {
            "key": str(keys["other"]),
            "fingerprint": good,
        },
        f"the key {expired} is expired on 2020-01-31: give one that is good today": {"key": str(keys["expired"])},
        f"nothing can be encrypted to the key {signing}: give ": {"key": str(keys["signing"])},
        "the key file has 2 keys: give the ASCII-armoured public key of one person": {"key": str(both)},
        "the key file holds none: give ": {"key": str(private)},
        "give the ASCII-armoured public key of one person": {"key": str(broken)},
        'handover_key is "/nowhere": give the file with': {"key": "/nowhere"},
        'handover_user is "mallory": give a list in apache_digest_archives': {"user": "mallory"},
        'handover_list is "wikitech-l" and': {"list": "wikitech-l"},
    }
    for sentence, wrong in bad.items():
        told = {"list": "arbcom-l", "user": "bea", "key": str(keys["good"]), "directory": str(tmp_path), **wrong}
        variables = json.dumps({f"handover_{name}": value for name, value in told.items()})
        said = controller.stopped(HANDOVER, *vault.options, "-e", variables)
        assert sentence in said and f"only-{word}-knows" not in said, said
        assert not list(tmp_path.glob("*bea.asc*"))
    proved("a wrong, expired or useless key, or reader, is refused in one sentence", f"{len(bad)} refused")
