# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of Mailman 2.1's files is read where there is no Mailman 2.1."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21
from ansible_collections.listops.mailman.plugins.module_utils._programs import identity
from support import recorded21

TRUTH = Path(__file__).resolve().parents[4] / "truth"


@pytest.fixture
def own_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Test files are this user's, who reads them as whoever runs the tests."""
    monkeypatch.setattr(
        "ansible_collections.listops.mailman.plugins.module_utils._programs.identity.reader",
        lambda folder, option: identity.Identity("tests", os.geteuid(), os.getegid(), str(folder)),
    )


@pytest.fixture(scope="module")
def sodium(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded21.unpacked(tmp_path_factory.mktemp("sodium"))


def write(folder: Path, name: str, config: Any, protocol: int = 2) -> None:
    (folder / "lists" / name).mkdir(parents=True)
    (folder / "lists" / name / "config.pck").write_bytes(pickle.dumps(config, protocol))


def attributes(**more: Any) -> dict[str, Any]:
    """What a Mailman 2 on Python 3 keeps of a list: texts where Python 2 has bytes."""
    return {
        **stock.NEW_LIST,
        "host_name": "lists.example.org",
        "real_name": "Test",
        "created_at": 1700000000.0,
        "last_post_time": 0,
        "members": {},
        "digest_members": {},
        "usernames": {},
        "user_options": {},
        "language": {},
        "delivery_status": {},
        **more,
    }


@pytest.mark.usefixtures("own_files")
def test_a_real_state_is_read_whole(sodium: Path) -> None:
    truth = json.loads((TRUTH / "sodium-truth.json").read_text(encoding="utf-8"))["lists"]
    with CopiedMailman21(str(sodium)) as backend:
        found = backend.read()
        facts = backend.facts(None)
        assert not backend.unreadable
    assert {name.partition("@")[0] for name in found} == set(truth)
    for name, said in truth.items():
        roster = found[f"{name}@lists.example.org"]["rosters"]["member"]
        assert set(roster) == {address.lower() for address in said["members"]}
        assert facts[f"{name}@lists.example.org"]["counts"]["member"] == len(said["members"])


@pytest.mark.usefixtures("own_files")
def test_a_mailman_2_on_python_3_is_read(tmp_path: Path) -> None:
    people = {"members": {"eve@example.net": 0}, "digest_members": {"zoë@example.net": "Zoë@example.net"}}
    more = {"usernames": {"eve@example.net": "Ève"}, "description": "Déjà vu", "preferred_language": "fr"}
    write(tmp_path, "test", attributes(**people, **more), protocol=4)
    with CopiedMailman21(str(tmp_path)) as backend:
        found = backend.read()["test@lists.example.org"]
    assert found["settings"]["description"] == "Déjà vu"
    assert found["rosters"]["member"]["eve@example.net"]["display_name"] == "Ève"
    assert found["rosters"]["member"]["zoë@example.net"]["delivery_mode"].endswith("digests")


@pytest.mark.usefixtures("own_files")
def test_a_lists_own_texts_are_read(tmp_path: Path) -> None:
    write(tmp_path, "test", attributes())
    for language, file in (("fr", "postack.txt"), ("fr", "x.py"), ("tlh", "postack.txt")):
        (tmp_path / "lists/test" / language).mkdir(exist_ok=True)
        (tmp_path / "lists/test" / language / file).write_bytes("Reçu\n".encode("iso-8859-1"))
    (tmp_path / "lists/test/fr/help.txt").symlink_to("/etc/passwd")
    (tmp_path / "lists/test/de").symlink_to(tmp_path / "lists/test/fr")
    with CopiedMailman21(str(tmp_path)) as backend:
        facts = backend.facts(None)["test@lists.example.org"]
    assert facts["own_texts"] == {"fr": {"postack.txt": "Reçu\n"}}


class Hostile:
    def __reduce__(self) -> Any:
        return os.system, ("touch executed",)


@pytest.mark.usefixtures("own_files")
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_hostile_pickle_executes_nothing_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "hostile", attributes(description=Hostile()), protocol)
    write(tmp_path, "harmless", attributes())
    with CopiedMailman21(str(tmp_path)) as backend:
        assert set(backend.read()) == {"harmless@lists.example.org"}
        reason = "; ".join(backend.unreadable.values())
    assert reason.startswith("list hostile: ") and "system" in reason
    assert not (tmp_path / "executed").exists() and not Path("/executed").exists()


@pytest.mark.usefixtures("own_files")
def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="mailman_copy is .*: give the folder that has lists/NAME/config.pck"):
        CopiedMailman21(str(tmp_path)).__enter__()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="mailman_copy is .*nothing, which cannot be looked at"):
        CopiedMailman21(str(tmp_path / "nothing"))


@pytest.mark.usefixtures("own_files")
def test_nothing_is_written(sodium: Path) -> None:
    with CopiedMailman21(str(sodium)) as backend, pytest.raises(HostError, match="only read"):
        backend.apply([{"list": "announce@lists.example.org", "delete": True}])


@pytest.mark.usefixtures("own_files")
def test_archives_are_public_by_their_links(tmp_path: Path) -> None:
    write(tmp_path, "open", attributes())
    write(tmp_path, "shut", attributes(archive_private=1))
    with CopiedMailman21(str(tmp_path)) as backend:
        assert not backend.own_archive().policies()
    (tmp_path / "archives/public").mkdir(parents=True)
    (tmp_path / "archives/public/open").symlink_to(tmp_path)
    with CopiedMailman21(str(tmp_path)) as backend:
        assert backend.own_archive().policies() == {
            "open@lists.example.org": "public",
            "shut@lists.example.org": "private",
        }


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another")
def test_root_reads_as_nobody_with_the_folders_group(tmp_path: Path) -> None:
    os.chown(tmp_path, 0, 38)
    who = identity.reader(str(tmp_path), "mailman_copy")
    assert (who.name, who.gid) == ("nobody", 38)
    done = subprocess.run(["id", "-u", "-n"], capture_output=True, text=True, check=True, **who.options())
    groups = subprocess.run(["id", "-G"], capture_output=True, text=True, check=True, **who.options())
    assert done.stdout == "nobody\n" and "38" in groups.stdout.split()
    os.chown(tmp_path, 0, 0)
    with pytest.raises(identity.Refused, match="mailman_copy is .*: give a folder of the group of Mailman's files"):
        identity.reader(str(tmp_path), "mailman_copy")
