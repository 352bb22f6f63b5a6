# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords on Mailman 2.1: set as state, never shown."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator

import pytest

from mailman21 import STATE, Mailman21
from support.inside import eventually

LIST, INFO, PASSWORD = "mailman_list", "mailman_list_info", "mailman_password"
WORDS = {"admin_password": "password", "moderator_password": "mod_password", "poster_password": "post_password"}


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@pytest.mark.parametrize("word", WORDS)
def test_a_list_password(host: Mailman21, made: str, word: str) -> None:
    applied = host.assert_idempotent(LIST, name=made, settings={word: "correct horse"})
    assert host.attribute(made, WORDS[word]) == sha1("correct horse")
    assert "correct horse" not in json.dumps(applied) and sha1("correct horse") not in json.dumps(applied)
    assert word in applied["lists"][0]["changes"]
    host.assert_idempotent(LIST, name=made, settings={word: "battery staple"})
    assert host.attribute(made, WORDS[word]) == sha1("battery staple")
    said = json.dumps(host.apply(INFO, lists=[made]))
    assert sha1("battery staple") not in said
    settings = json.loads(said)["lists"][f"{made}@{host.domain}"]["settings"]
    assert settings[word] == "set"


def test_a_password_is_not_in_argv(host: Mailman21, made: str) -> None:
    """While the module waits for a lock, every command line of the host is looked at."""
    settings = {"admin_password": "correct horse"}
    with host.holding(made), host.started(LIST, name=made, settings=settings, mailman_lock_timeout=5):
        assert any("modules.mailman_list" in item["command"] for item in host.ask("processes"))
        assert not any("correct horse" in item["command"] for item in host.ask("processes"))
        environments = host.sh("cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c 'correct horse'; true")
        assert environments == "0\n"


def test_a_new_list_has_a_password_nobody_knows(host: Mailman21, name: str) -> None:
    applied = host.assert_idempotent(LIST, name=name, owners=["o@example.org"])
    stored = host.attribute(name, "password")
    assert len(stored) == 40 and stored not in json.dumps(applied)
    assert stored != sha1("")


@pytest.fixture
def site_passwords(host: Mailman21) -> Iterator[None]:
    """Afterwards the site's passwords are what they were."""
    with host.kept("data/adm.pw", "data/creator.pw"):
        yield


@pytest.mark.parametrize(("option", "file"), [("site_password", "adm.pw"), ("creator_password", "creator.pw")])
def test_a_site_password(host: Mailman21, site_passwords: None, option: str, file: str) -> None:
    path = f"{STATE}/data/{file}"
    host.check("mmsitepass", *(["-c"] if file == "creator.pw" else []), "old one")
    assert host.module(PASSWORD, **{option: "old one"})["changed"] is False
    applied = host.assert_idempotent(PASSWORD, **{option: "correct horse"})
    assert "correct horse" not in json.dumps(applied) and applied["changes"] == [option]
    assert host.sh(f"cat {path}").strip() == sha1("correct horse")
    # the web pages, which run as another user of the group, read it, and nobody else
    assert host.sh(f"stat -c '%a %G' {path}") == "640 list\n"
    message = host.refusal(PASSWORD, **{option: ""})
    assert option in message and host.sh(f"cat {path}").strip() == sha1("correct horse")


def test_a_new_password_is_made_once_and_told_to_the_owners_once(host: Mailman21, made: str) -> None:
    old, before = host.attribute(made, "password"), host.mail_of(made)
    applied = host.assert_idempotent(PASSWORD, lists=[made], reason="handover")
    new = host.attribute(made, "password")
    assert new != old and new not in json.dumps(applied)
    assert applied["changes"] == [f"{made}@{host.domain}"]
    assert host.mail_of(made) == before + 1
    told = eventually(
        lambda: [word for word in host.words_in_mail_of(made) if sha1(word) == new], "the password in mail"
    )
    assert len(told) == 1 and told[0] not in json.dumps(applied)
    # told once: neither again nor with a list that was there before
    assert host.apply(PASSWORD, lists=[made], reason="handover")["changed"] is False
    host.assert_idempotent(PASSWORD, lists=[made], reason="lost again")
    assert host.attribute(made, "password") != new and host.mail_of(made) == before + 2
    logs = host.sh(f"grep -rlaF {shlex.quote(told[0])} /var/log /tmp 2>/dev/null; true")
    assert logs == ""


def test_new_passwords_of_a_list_that_is_not_there(host: Mailman21, name: str) -> None:
    assert name in host.refusal(PASSWORD, lists=[name], reason="x")
    assert name not in host.lists()


@pytest.mark.parametrize("fault", ["damaged", "host", "owners"])
def test_a_list_that_fails_is_in_no_other_owners_way(host: Mailman21, made: str, fault: str) -> None:
    """Of one that cannot be read, has no domain or no owner, it says so; the others are given theirs once."""
    other, folder = made + "-other", f"{STATE}/lists/{made}"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    host.sh(f"cp {folder}/config.pck {made}.pck")
    if fault == "damaged":
        host.sh(f"head -c 100 {made}.pck > {folder}/config.pck")
    else:
        host.withlist("odd.attribute", made, *(("host_name", "3") if fault == "host" else ("owner", "[]")))
    try:
        old, before = host.attribute(other, "password"), host.fingerprint()
        for check_mode in (True, False):
            said = host.module(PASSWORD, lists=[made, other], reason="handover", check_mode=check_mode)
            assert said.get("failed") is True and f"list {made}" in said["msg"], said
            assert said["changes"] == [f"{other}@{host.domain}"] and said["changed"] is True, said
            assert ("are done" in said["msg"]) is not check_mode
            assert (host.fingerprint() == before) is check_mode
        new = host.attribute(other, "password")
        assert new != old and host.mail_of(other) == 1
        said = host.module(PASSWORD, lists=[made, other], reason="handover")
        assert said.get("failed") is True and said["changed"] is False, said
        assert host.attribute(other, "password") == new and host.mail_of(other) == 1
        # the passwords of the site need no list
        assert host.apply(PASSWORD, site_password="correct horse", check_mode=True)["changed"] is True
    finally:
        host.sh(f"cp {made}.pck {folder}/config.pck")
