# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of an inventory: written once, never over somebody's own, and with secrets that nobody else reads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret

ROOT = Path(__file__).resolve().parents[4]
SECRET = "s3cret-of-the-test"
FOUND = {
    "engine": "mailman3",
    "domains": ["lists.example.org"],
    "unreadable": {},
    "available_settings": {"description": {"type": "line"}, "archive_policy": {"type": "enum", "choices": ["public"]}},
    "lists": {
        "talk@lists.example.org": {
            "state": "present",
            "before": None,
            "settings": {"description": "Talk", "archive_policy": "public"},
            "bans": [],
            "header_matches": [],
            "archivers": {},
            "templates": {},
            "rosters": {"owner": [], "moderator": [], "member": [], "nonmember": []},
            "archive_shown": None,
        }
    },
}


class Play:
    """One task of the module on the controller."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.target = folder / "host_vars/sodium"

    def run(self, *options: str, rc: int = 0, **more: Any) -> str:
        task = {"listops.mailman.adopt": {"found": "{{ found }}", "directory": str(self.target), **more}}
        variables = {"found": FOUND, "ansible_connection": "local"}
        play = [{"hosts": "sodium", "gather_facts": False, "tasks": [task]}]
        (self.folder / "found.json").write_text(json.dumps(variables), encoding="utf-8")
        (self.folder / "play.yml").write_text(yaml.safe_dump(play), encoding="utf-8")
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "sodium,", "-e", "@found.json", *options]
        (self.folder / "ansible.cfg").write_text("", encoding="utf-8")
        env = {
            **os.environ,
            "ANSIBLE_CONFIG": "ansible.cfg",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(
            [*command, "play.yml"],
            cwd=self.folder,
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == rc, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def play(tmp_path: Path) -> Play:
    (tmp_path / "vault-password").write_text("of the vault\n", encoding="utf-8")
    return Play(tmp_path)


def test_it_is_written_once(play: Play) -> None:
    assert "changed=1" in play.run("--check", "--diff")
    assert not play.target.exists()
    assert '"sentences": ["talk@lists.example.org: It has no owner' in play.run("-v")
    assert "name: talk" in (play.target / "lists.yml").read_text(encoding="utf-8")
    assert "changed=0" in play.run("--check")
    assert "changed=0" in play.run()


def test_a_file_of_somebody_is_left_until_that_is_wanted(play: Play) -> None:
    play.run()
    mine = "---\nmailman_lists: []\n"
    (play.target / "lists.yml").write_text(mine, encoding="utf-8")
    (play.target / "server.yml").unlink()
    assert "-mailman_lists: []" in play.run("--check", "--diff")
    said = play.run(rc=2)
    assert "lists.yml exists and says something else" in said and "adopt_overwrite" in said
    assert (play.target / "lists.yml").read_text(encoding="utf-8") == mine
    assert not (play.target / "server.yml").exists(), "half of it was written"
    play.run(overwrite=True)
    assert "name: talk" in (play.target / "lists.yml").read_text(encoding="utf-8")


def test_secrets_are_in_a_vault(play: Play) -> None:
    secrets = {"mailman_rest_password": SECRET}
    said = play.run("--vault-password-file=vault-password", "--diff", "-vvv", secrets=secrets)
    path = play.target / "secrets.yml"
    assert SECRET not in said
    content = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert SECRET.encode() not in content
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(b"of the vault"))])
    assert yaml.safe_load(vault.decrypt(content)) == secrets
    # another encryption of the same is no difference
    assert "changed=0" in play.run("--vault-password-file=vault-password", secrets=secrets)
    assert path.read_bytes() == content


def test_without_a_vault_nothing_is_written_in_clear_text_unasked(play: Play) -> None:
    secrets = {"mailman_rest_password": SECRET}
    for options in (["--check"], []):
        said = play.run(*options, rc=2, secrets=secrets)
        assert "there is no vault: give --vault-id" in said
        assert not play.target.exists()
    play.run(secrets=secrets, secrets_in="clear")
    path = play.target / "secrets.yml"
    assert yaml.safe_load(path.read_bytes()) == secrets
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_with_members_is_its_owners_alone(play: Play) -> None:
    play.run(members="inventory")
    assert (play.target / "lists.yml").stat().st_mode & 0o777 == 0o600


HIDDEN = "hush-{{ hush }}-hush"
HOST = "{{ lookup('ansible.builtin.file', 'host.json') | from_json }}"


def with_host(play: Play, *options: str, rest: str = "hush-rest-hush", **more: Any) -> str:
    """Adopt a host of which no secret is ever shown, whatever is asked for."""
    host = {
        "files": {
            "/etc/mailman3/mailman.cfg": f"[webservice]\nadmin_pass: {rest}\n[mta]\nsmtp_pass: {HIDDEN}\nsmtp_user: mailer\n",
            "/etc/mailman3/mailman-web.py": f"SECRET_KEY = {HIDDEN!r}.strip()\nEMAIL_HOST_PASSWORD = {HIDDEN!r}\n",
            "/etc/exim4/exim4.conf": f"hide mysql_servers = x/y/z/{HIDDEN}\n",
        },
        "packaged": [],
        "unread": {},
        "digest_users": {},
        "archives": [],
        "mail_servers": [],
    }
    (play.folder / "host.json").write_text(json.dumps(host), encoding="utf-8")
    # The arguments of the task, its result and its difference.
    shown = play.run("-vvvv", "--diff", *options, host=HOST, **more)
    assert "hush" not in shown
    return shown


def only_in_secrets(play: Play) -> None:
    for path in play.target.rglob("*"):
        if path.name == "secrets.yml":
            assert path.stat().st_mode & 0o777 == 0o600
        else:
            assert "hush" not in path.read_text(encoding="utf-8"), path


def test_secrets_of_a_host_are_in_the_vault_only(play: Play) -> None:
    vault = "--vault-password-file=vault-password"
    with_host(play, vault, "--check")
    assert not play.target.exists()
    assert "changed=1" in with_host(play, vault)
    only_in_secrets(play)
    content = (play.target / "secrets.yml").read_bytes()
    assert content.startswith(b"$ANSIBLE_VAULT;") and b"hush" not in content
    assert "changed=0" in with_host(play, vault)
    assert "(other secrets)" in with_host(play, vault, "--check", rest="hush-other")
    with_host(play, vault, rest="hush-other", rc=2)
    assert (play.target / "secrets.yml").read_bytes() == content
    with_host(play, vault, rest="hush-other", overwrite=True)
    assert (play.target / "secrets.yml").read_bytes() != content


def test_secrets_of_a_host_without_a_vault(play: Play) -> None:
    for options in (["--check"], []):
        assert "there is no vault" in with_host(play, *options, rc=2)
        assert not play.target.exists()
    with_host(play, secrets_in="clear")
    only_in_secrets(play)
    assert DataLoader().load_from_file(str(play.target / "secrets.yml")) == {
        "mailman_rest_password": "hush-rest-hush",
        "mailman_settings_mta_smtp_pass": HIDDEN,
        "mailman_web_settings_email_host_password": HIDDEN,
    }
    server = DataLoader().load_from_file(str(play.target / "server.yml"))
    assert server["mailman_settings"]["mta"] == {
        "smtp_user": "mailer",
        "smtp_pass": "{{ mailman_settings_mta_smtp_pass }}",
    }


def test_no_secrets_of_a_host_are_wanted(play: Play) -> None:
    assert "mailman_rest_password" in with_host(play, secrets_in="none")
    assert not (play.target / "secrets.yml").exists()
    only_in_secrets(play)
    assert "mailman_settings_mta_smtp_pass" not in (play.target / "server.yml").read_text(encoding="utf-8")
