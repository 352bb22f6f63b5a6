# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils import _configuration as configuration


@pytest.fixture
def host(tmp_path: Path, monkeypatch):
    """A host below a folder, read through the real descriptors."""
    root = os.path.realpath(tmp_path)

    def read(files: dict[str, str | bytes], prefix: str = "") -> configuration.Read:
        for path, text in files.items():
            file = Path(root + path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return configuration.read(prefix, opener)

    def opener(path: str) -> tuple[bytes, bool]:
        return configuration.content(root + path)

    plain = configuration.matching

    def matching(pattern: str):
        # It asks itself for folders.
        if pattern.startswith(root):
            return list(plain(pattern))
        return [path[len(root) :] for path in plain(root + pattern)]

    monkeypatch.setattr(configuration, "matching", matching)
    read.root = root
    return read


def test_files_and_what_they_name(host) -> None:
    found = host(
        {
            "/etc/mailman3/mailman.cfg": "[meta]\nextends: more/secrets.ini\n",
            "/etc/mailman3/more/secrets.ini": "[x]\n",
            "/etc/exim4/exim4.conf": "CONFDIR=/etc/exim4\n data = ${lookup{$local_part}lsearch*{CONFDIR/renames/$domain}}\n"
            " x = ${lookup{a}lsearch{/etc/exim4/single}{$value}} : lsearch;/etc/exim4/domains\n",
            "/etc/exim4/renames/lists.example.org": "a: b\n",
            "/etc/exim4/single": "a: b\n",
            "/etc/exim4/domains": "a\n",
            "/etc/exim4/not-named": "a\n",
            "/etc/apache2/sites-enabled/a.conf": 'Include snippets/a.conf\nRewriteMap m "txt:/etc/apache2/map.txt"\nInclude ${X}/y\n',
            "/etc/apache2/snippets/a.conf": "AuthUserFile arbcom.htdigest\n",
            "/etc/apache2/map.txt": "a b\n",
            "/etc/apache2/arbcom.htdigest": b"alice:R:" + b"a" * 32 + b"\ncaf\xe9:R:" + b"b" * 32 + b"\n",
            "/etc/systemd/system/mailman3.service.d/a.conf": "[Service]\n",
            "/etc/systemd/system/other.service": "[Service]\n",
            "/usr/lib/mailman/Mailman/mm_cfg.py": b"# caf\xe9\n",
        }
    )
    assert set(found.files) == {
        "/etc/mailman3/mailman.cfg",
        "/etc/mailman3/more/secrets.ini",
        "/etc/exim4/exim4.conf",
        "/etc/exim4/renames/lists.example.org",
        "/etc/exim4/single",
        "/etc/exim4/domains",
        "/etc/apache2/sites-enabled/a.conf",
        "/etc/apache2/snippets/a.conf",
        "/etc/apache2/map.txt",
        "/etc/systemd/system/mailman3.service.d/a.conf",
        "/usr/lib/mailman/Mailman/mm_cfg.py",
    }
    assert found.files["/usr/lib/mailman/Mailman/mm_cfg.py"] == "# caf\u00e9\n"
    # Of users nothing but their names leaves the host.
    assert found.users == {"/etc/apache2/arbcom.htdigest": [("alice", "R"), ("caf\u00e9", "R")]}
    assert found.unread == {}


def test_another_prefix(host) -> None:
    assert list(
        host({"/srv/mm/Mailman/mm_cfg.py": "x", "/usr/lib/mailman/Mailman/mm_cfg.py": "x"}, "/srv/mm").files
    ) == ["/srv/mm/Mailman/mm_cfg.py"]


def test_links_pipes_and_second_names(host) -> None:
    root = host.root
    host({"/etc/aliases": "a: b\n", "/etc/secret": "hush", "/etc/exim4/exim4.conf": "x\n"})
    folder = Path(root, "etc/exim4")
    (folder / "a.conf").symlink_to(root + "/etc/secret")
    (folder / "b.conf").hardlink_to(root + "/etc/secret")
    os.mkfifo(folder / "c.conf")
    (folder / "d.conf").mkdir()
    (folder / "e.conf").symlink_to("nowhere")
    # Whose folder it is decides: in one that others can write to, nothing leads elsewhere.
    folder.chmod(0o777)
    found = host({})
    assert "hush" not in str(found) and "/etc/exim4/exim4.conf" in found.files
    assert set(found.unread) == {f"/etc/exim4/{name}.conf" for name in "abce"}
    assert "symbolic link" in found.unread["/etc/exim4/a.conf"]
    assert found.unread["/etc/exim4/b.conf"] == "it has another name, too"
    assert found.unread["/etc/exim4/c.conf"] == "it is no file"


def test_a_file_that_others_can_write_names_nothing(host) -> None:
    files = {"/etc/mailman3/mailman.cfg": "[meta]\nextends: /etc/secret.ini\n", "/etc/secret.ini": "hush"}
    host(files)
    Path(host.root, "etc/mailman3/mailman.cfg").chmod(0o666)
    assert list(host({}).files) == ["/etc/mailman3/mailman.cfg"]


def test_what_is_too_large_is_not_read(host, monkeypatch) -> None:
    monkeypatch.setattr(configuration, "LARGEST", 1024)
    monkeypatch.setattr(configuration, "LARGEST_TOGETHER", 3000)
    files: dict[str, str | bytes] = {f"/etc/exim4/{number}.conf": "x" * 1000 for number in range(9)}
    found = host({"/etc/mailman3/a.cfg": "x" * 1025, **files})
    assert len(found.files) == 3
    assert list(found.unread.values()) == ["it is larger than 1 KiB", "there are too many files"]


def test_a_device_that_never_ends(monkeypatch) -> None:
    with pytest.raises(configuration.NotRead, match="no file"):
        configuration.content("/dev/zero")
    with pytest.raises(FileNotFoundError):
        configuration.content("/etc/no-such-file")
    assert configuration.names_in("/no-such-folder") == []


@pytest.mark.parametrize(
    "line",
    [
        b"alice:$apr1$hush$hush",
        b"alice:realm:hush",
        b"alice:hush",
        b"#alice:realm:" + b"a" * 32,
        b"alice:realm:" + b"A" * 32,
    ],
)
def test_what_is_no_digest_gives_nothing_away(line: bytes) -> None:
    assert configuration.users(line + b"\n") == []


@given(st.text())
def test_any_text_names_files_or_none(text: str) -> None:
    for path in ("/etc/mailman3/a.cfg", "/etc/exim4/exim4.conf", "/etc/apache2/a.conf", "/etc/other"):
        assert all(each.startswith("/") for each in configuration.named(path, text))
    assert isinstance(configuration.users(text.encode()), list)
