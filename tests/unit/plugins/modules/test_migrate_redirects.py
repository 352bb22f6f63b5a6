# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._migrate import tree
from ansible_collections.listops.mailman.plugins.module_utils._migrate.account import Inexact
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import message_id_hash
from ansible_collections.listops.mailman.plugins.modules import migrate_redirects as module

ADDRESS = "wikitech-l@lists.example.org"
KNOWN = "a@b.example"
HASHES = frozenset({message_id_hash(KNOWN)})
PAGE = '<LINK REL="made" HREF="mailto:x?In-Reply-To=%3C{0}%3E">'


class Host:
    """Stands for the module on a host, whose httxt2dbm gives the text back."""

    def __init__(self, folder: Path, check_mode: bool = False, status: int = 0) -> None:
        self.params = {"map": str(folder / "pipermail/pages.dbm"), "files": str(folder / "pipermail/files")}
        self.check_mode = check_mode
        self.status = status
        self.built = 0

    def get_bin_path(self, name: str, opt_dirs: list[str]) -> str:
        return f"{opt_dirs[0]}/{name}"

    def run_command(self, argv: list[str]) -> tuple[int, str, str]:
        assert argv[:4] == ["/usr/sbin/httxt2dbm", "-f", "GDBM", "-i"]
        self.built += 1
        if not self.status:
            Path(argv[6]).write_bytes(Path(argv[4]).read_bytes())
        return self.status, "", "no space left\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An archive with one of each."""
    folder = tmp_path / "copy/archives/private/wikitech-l"
    for path, text in {
        "index.html": "front",
        "2003-March/thread.html": "thread",
        "2003-March/000001.html": PAGE.format("a%40b.example"),
        "2003-March/000002.html": PAGE.format("gone%40b.example"),
        "2003-March.txt": "month",
        "attachments/20030303/0a/x.html": "<script>",
        "database/2003-March-article": "damaged",
        "pipermail.pck": "",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    (folder / "2003-March/index.html").symlink_to("thread.html")
    return folder


def run(host: Host, source: Path, hashes: frozenset[str] | None = HASHES, name: str = "wikitech-l") -> Any:
    """One run of the module for one archive."""
    migration = module.Migration(host, nofollow.Owner(os.geteuid(), os.getegid(), 0o750))  # type: ignore[arg-type]
    archive = {"list": ADDRESS, "source": name, "folder": str(source)}
    pages, count = migration.archive(archive, hashes)
    totals = module.sums(archive, pages, count)
    migration.write_map()
    return migration, totals


def kept(folder: Path) -> dict[str, str]:
    files = folder / "pipermail/files"
    return {str(path.relative_to(files)): path.read_text() for path in sorted(files.rglob("*")) if path.is_file()}


def test_the_ladder(tmp_path: Path, source: Path) -> None:
    promised, sums = run(Host(tmp_path, check_mode=True), source)
    assert promised.changed and not (tmp_path / "pipermail").exists()
    done, same = run(Host(tmp_path), source)
    assert done.changed and sums == same
    assert {name: same[name] for name in ("found", "moved", "merged", "quarantined")} == {
        "found": 7,
        "moved": 7,
        "merged": 0,
        "quarantined": 0,
    }
    assert kept(tmp_path) == {
        "wikitech-l/2003-March.txt": "month",
        "wikitech-l/2003-March/000002.html": PAGE.format("gone%40b.example"),
        "wikitech-l/attachments/20030303/0a/x.html": "<script>",
    }
    page = message_id_hash(KNOWN)
    text = (tmp_path / "pipermail/pages.dbm").read_text()
    assert f"wikitech-l/2003-March/000001.html /message/{page}/\n" in text
    assert "wikitech-l/2003-March/ /2003/3/\n" in text and "000002" not in text
    for path in (tmp_path / "pipermail").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o750 if path.is_dir() else 0o640), path
    for check_mode in (True, False):
        host = Host(tmp_path, check_mode)
        again, _sums = run(host, source)
        assert again.changed is False and host.built == 0


def test_a_run_knows_what_is_new_and_what_is_gone(tmp_path: Path, source: Path) -> None:
    run(Host(tmp_path), source)
    (source / "2003-March.txt").write_text("another month")
    (source / "attachments/20030303/0a/x.html").unlink()
    both = HASHES | {message_id_hash("gone@b.example")}
    done, sums = run(Host(tmp_path), source, both)
    assert done.changed and sums["link"] == 2
    # the page leads to its message now
    assert kept(tmp_path) == {"wikitech-l/2003-March.txt": "another month"}
    assert "000002" in (tmp_path / "pipermail/pages.dbm").read_text()


def test_other_archives_stay_in_the_map(tmp_path: Path, source: Path) -> None:
    run(Host(tmp_path), source)
    run(Host(tmp_path), source, name="other-l")
    text = (tmp_path / "pipermail/pages.dbm").read_text()
    assert text.count("000001.html") == 2 and text.startswith("other-l/")


def test_no_link_is_followed(tmp_path: Path, source: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "shadow").write_text("root:secret")
    (source / "attachments/leak").symlink_to(secret)
    (source / "attachments/shadow").symlink_to(secret / "shadow")
    (source / "2003-March/000003.html").symlink_to(secret / "shadow")
    os.mkfifo(source / "attachments/pipe")
    migration, sums = run(Host(tmp_path), source)
    assert sums["quarantined"] == 4 and sums["found"] == sums["moved"] + 4
    assert not any("secret" in text for text in kept(tmp_path).values())
    assert not any("shadow" in name or "leak" in name or "pipe" in name for name in kept(tmp_path))
    # nor where something is put
    target = tmp_path / "pipermail/files/wikitech-l/attachments"
    (target / "20030303/0a/x.html").unlink()
    (target / "20030303/0a/x.html").symlink_to(secret / "shadow")
    run(Host(tmp_path), source)
    assert (secret / "shadow").read_text() == "root:secret"
    assert kept(tmp_path)["wikitech-l/attachments/20030303/0a/x.html"] == "<script>"
    assert migration.problems == []


def test_pages_with_one_message_id_and_two_messages_stay(tmp_path: Path, source: Path) -> None:
    (source / "2003-April").mkdir()
    (source / "2003-April/000009.html").write_text(PAGE.format("a%40b.example"))
    _migration, sums = run(Host(tmp_path), source)
    assert (sums["moved"], sums["merged"], sums["link"]) == (7, 1, 2)
    (source / "2003-April/000009.html").write_text(PAGE.format("a%40b.example") + "another")
    done, sums = run(Host(tmp_path), source)
    assert done.changed and (sums["moved"], sums["merged"], sums["link"], sums["page"]) == (8, 0, 0, 3)
    assert {"wikitech-l/2003-March/000001.html", "wikitech-l/2003-April/000009.html"} <= kept(tmp_path).keys()
    assert "000001" not in (tmp_path / "pipermail/pages.dbm").read_text()


def test_sums_that_do_not_agree_are_an_error(tmp_path: Path, source: Path) -> None:
    migration = module.Migration(Host(tmp_path), nofollow.Owner(os.geteuid(), os.getegid(), 0o750))  # type: ignore[arg-type]
    archive = {"list": ADDRESS, "source": "wikitech-l", "folder": str(source)}
    pages, count = migration.archive(archive, HASHES)
    with pytest.raises(Inexact, match="8 pages were found, but 7 moved"):
        module.sums(archive, pages, count + 1)


def test_an_index_that_cannot_be_read_is_named(tmp_path: Path, source: Path) -> None:
    (source / "2003-March/000004.html").write_text("old")
    migration, sums = run(Host(tmp_path), source)
    assert migration.problems == ["wikitech-l: database/2003-March-article: it is no dictionary"]
    assert sums["page"] == 2
    (source / "database/2003-March-article").unlink()
    migration, _sums = run(Host(tmp_path), source)
    assert migration.problems == ["wikitech-l: database/2003-March-article: No such file or directory"]


def test_a_map_that_cannot_be_built_leaves_the_old_one(tmp_path: Path, source: Path) -> None:
    run(Host(tmp_path), source)
    before = (tmp_path / "pipermail/pages.dbm").read_bytes()
    (source / "2003-March/000005.html").write_text(PAGE.format("a%40b.example"))
    with pytest.raises(HostError, match=r"httxt2dbm failed: no space left"):
        run(Host(tmp_path, status=1), source)
    assert (tmp_path / "pipermail/pages.dbm").read_bytes() == before
    # the next run finishes
    done, sums = run(Host(tmp_path), source)
    assert done.changed and sums["merged"] == 1
    assert b"000005" in (tmp_path / "pipermail/pages.dbm").read_bytes()


def test_an_interrupted_run_is_finished(tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the map, before its parts; and in the middle of a file."""
    original = tree.write

    def killed(path: str, *rest: Any) -> None:
        if path.endswith("/wikitech-l"):
            raise KeyboardInterrupt
        original(path, *rest)

    monkeypatch.setattr(tree, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        run(Host(tmp_path), source)
    monkeypatch.undo()
    (tmp_path / f"pipermail/files/wikitech-l/{tree.UNFINISHED}2003-March.txt").write_text("mon")
    host = Host(tmp_path)
    done, _sums = run(host, source)
    assert done.changed and host.built == 1
    assert len(kept(tmp_path)) == 3
    again, _sums = run(Host(tmp_path), source)
    assert again.changed is False


def test_without_archives_there_is_a_map(tmp_path: Path) -> None:
    host = Host(tmp_path)
    for built in (1, 1):
        module.Migration(host, nofollow.Owner(os.geteuid(), os.getegid(), 0o750)).write_map()  # type: ignore[arg-type]
        assert host.built == built
    assert (tmp_path / "pipermail/pages.dbm").read_text() == ""


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ([{"source": "../x"}], r"archives\[0\].source is '../x': give the name of a list of Mailman 2.1"),
        ([{"source": None}, {"source": "WIKITECH-L"}], r"archives\[1\].source is 'wikitech-l': give each name once"),
        (
            [{"source": "a"}, {"source": "b"}],
            rf"archives\[1\].name is '{ADDRESS}': give each archive a name of its own",
        ),
        ([{"name": "../x"}], r"archives\[0\].name is '../x': give each archive a name of its own"),
        ([{"folder": "copy"}], r"archives\[0\].folder is 'copy': give an absolute path"),
    ],
)
def test_what_is_refused(entries: list[dict[str, Any]], sentence: str) -> None:
    with pytest.raises(Invalid, match=sentence):
        module.asked([{"list": ADDRESS, "source": None, "folder": "/copy", "name": None, **entry} for entry in entries])


@pytest.mark.parametrize(
    ("policies", "private", "sentence"),
    [
        ({}, frozenset(), "give a list that exists"),
        ({ADDRESS: "private"}, frozenset(), "the guard of the archives does not know it for private"),
        ({ADDRESS: "never"}, frozenset(), "has archive_policy never, and the guard"),
        ({ADDRESS: "never"}, None, "has archive_policy never, and the guard"),
    ],
)
def test_a_list_that_nobody_would_guard_is_refused(
    policies: dict[str, str], private: frozenset[str] | None, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        module.check([{"list": ADDRESS}], policies, private)


@pytest.mark.parametrize(
    ("policy", "private"),
    [("public", frozenset()), ("private", frozenset({ADDRESS})), ("never", frozenset({ADDRESS})), ("private", None)],
)
def test_a_list_that_the_guard_knows_is_fine(policy: str, private: frozenset[str] | None) -> None:
    module.check([{"list": ADDRESS}], {ADDRESS: policy}, private)
