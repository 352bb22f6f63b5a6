# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever has the public key sees whether an installed collection is the one that was signed."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkout import environment
from harness.console import Failed
from harness.lint import build
from harness.signing import sign

NAME = "listops.mailman"


class Person:
    """Somebody with a throw-away key of their own."""

    def __init__(self, home: Path, address: str) -> None:
        self.home = home
        self.keyring = home / "public.gpg"
        self.gpg("--passphrase", "", "--quick-generate-key", address, "ed25519", "sign", "never")
        self.gpg("--output", str(self.keyring), "--export", address)

    def gpg(self, *arguments: str) -> None:
        subprocess.run(["gpg", "--homedir", str(self.home), "--batch", "--quiet", *arguments], check=True)


@pytest.fixture(scope="module")
def people() -> Iterator[tuple[Person, Person]]:
    # The agent's socket has a path of at most 108 bytes.
    with tempfile.TemporaryDirectory(prefix="gpg-") as maintainer, tempfile.TemporaryDirectory(prefix="gpg-") as other:
        both = Person(Path(maintainer), "release@example.org"), Person(Path(other), "other@example.net")
        yield both
        for person in both:
            subprocess.run(["gpgconf", "--homedir", str(person.home), "--kill", "all"], check=True)


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def signature(people, archive) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GNUPGHOME", str(people[0].home))
        return sign(archive, "release@example.org")


@pytest.fixture(scope="module")
def installed(archive) -> Path:
    collections = archive.parent / "collections"
    done = galaxy(collections, "install", "--offline", "--no-deps", "-p", str(collections), str(archive))
    assert done.returncode == 0, done.stdout
    return collections


@pytest.fixture
def collections(installed, tmp_path) -> Path:
    """A copy to spoil."""
    shutil.copytree(installed, tmp_path / "collections")
    return tmp_path / "collections"


def galaxy(collections: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = environment({"ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(collections.parent / "home")})
    command = ["ansible-galaxy", "collection", *arguments]
    return subprocess.run(command, env=env, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def verify(collections: Path, person: Person, signature: Path) -> tuple[int, str]:
    """What docs/support.md tells people to run."""
    options = ["--offline", "--keyring", str(person.keyring), "--signature", signature.as_uri()]
    done = galaxy(collections, "verify", NAME, *options, "--required-valid-signature-count", "+1", "-v")
    return done.returncode, done.stdout


def test_what_was_signed_is_what_is_installed(collections, people, signature):
    status, said = verify(collections, people[0], signature)
    assert status == 0, said
    assert "internally consistent with its manifest" in said


def test_a_key_that_nobody_trusts(collections, people, signature):
    status, said = verify(collections, people[1], signature)
    assert status == 1, said
    assert f"Signature verification failed for '{NAME}': no successful signatures" in said


def test_a_file_that_was_changed(collections, people, signature):
    changed = collections / "ansible_collections/listops/mailman/roles/exim/tasks/main.yml"
    changed.write_text(changed.read_text(encoding="utf-8") + "# another line\n", encoding="utf-8")
    status, said = verify(collections, people[0], signature)
    assert status == 1, said
    assert "roles/exim/tasks/main.yml" in said


def test_a_manifest_that_was_changed(collections, people, signature):
    path = collections / "ansible_collections/listops/mailman/MANIFEST.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["collection_info"]["authors"] = ["Somebody else"]
    path.write_text(json.dumps(manifest), encoding="utf-8")
    status, said = verify(collections, people[0], signature)
    assert status == 1, said
    assert "no successful signatures" in said


def test_nothing_else_is_left_beside_the_archive(archive, signature):
    assert signature.name == f"{archive.name.removesuffix('.tar.gz')}.MANIFEST.json.asc"
    assert {path.name for path in archive.parent.iterdir() if path.is_file()} == {archive.name, signature.name}


def test_a_key_that_is_not_there_signs_nothing(people, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("GNUPGHOME", str(people[1].home))
    copy = Path(shutil.copy(archive, tmp_path))
    with pytest.raises(Failed, match=r"gpg .* ended with status 2"):
        sign(copy, "nobody@example.org")
    assert list(tmp_path.iterdir()) == [copy]
