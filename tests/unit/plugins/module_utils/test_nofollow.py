# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import stat

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow

MINE = nofollow.Owner(os.geteuid(), os.getegid(), 0o700)


@pytest.fixture
def trusting(monkeypatch):
    """Of the folders above and in a test's own, those alone are not root's that everybody may write in, /tmp excepted."""

    def is_trusted(status):
        sticky = status.st_mode & stat.S_ISVTX
        return bool(sticky) or not status.st_mode & stat.S_IWOTH

    monkeypatch.setattr(nofollow, "is_trusted", is_trusted)


def tree(tmp_path, *, open_to_all):
    """service/ with a link in it to secret/."""
    service, secret = tmp_path / "service", tmp_path / "secret"
    for folder in (service, secret, secret / "below"):
        folder.mkdir()
        folder.chmod(0o755)
    (service / "link").symlink_to("../secret")
    service.chmod(0o777 if open_to_all else 0o755)
    return service, secret


def same(descriptor, path):
    found = os.fstat(descriptor)
    os.close(descriptor)
    return (found.st_dev, found.st_ino) == (os.stat(path).st_dev, os.stat(path).st_ino)


@pytest.mark.parametrize("target", ["../secret", "{top}/secret", ".././secret/"])
@pytest.mark.usefixtures("trusting")
def test_a_link_that_root_made_is_followed(tmp_path, target):
    service, secret = tree(tmp_path, open_to_all=False)
    (service / "other").symlink_to(target.format(top=tmp_path))
    assert same(nofollow.open_folder(str(service / "other")), secret)
    assert same(nofollow.open_folder(str(service / "other/below")), secret / "below")


@pytest.mark.parametrize("path", ["link", "link/below", "mine/link", "mine/../link"])
@pytest.mark.usefixtures("trusting")
def test_a_link_in_a_folder_of_others_is_refused(tmp_path, path):
    """Also in a folder of root's there: it is there only as long as they like."""
    service, _secret = tree(tmp_path, open_to_all=True)
    (service / "mine").mkdir(mode=0o755)
    (service / "mine/link").symlink_to("../../secret")
    with pytest.raises(
        nofollow.Unsafe, match="leads through the symbolic link 'link' in a folder that does not belong"
    ):
        nofollow.open_folder(str(service) + "/" + path)


@pytest.mark.usefixtures("trusting")
def test_a_refusal_is_safe_for_a_terminal(tmp_path):
    service, _secret = tree(tmp_path, open_to_all=True)
    (service / "clear\x1b[2J").symlink_to("../secret")
    with pytest.raises(nofollow.Unsafe) as refused:
        nofollow.open_folder(str(service / "clear\x1b[2J"))
    assert "\x1b" not in str(refused.value) and r"clear\x1b[2J" in str(refused.value)


@pytest.mark.usefixtures("trusting")
def test_links_in_a_circle_end(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links"):
        nofollow.open_folder(str(tmp_path / "a"))


def test_what_is_no_folder_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotADirectoryError):
        nofollow.open_folder(str(tmp_path / "file"))
    with pytest.raises(FileNotFoundError):
        nofollow.open_folder(str(tmp_path / "gone"))


@pytest.mark.parametrize("fails", [False, True])
def test_a_folder_is_open_in_its_context_only(tmp_path, fails):
    with contextlib.suppress(ValueError), nofollow.opened(str(tmp_path)) as folder:
        found = os.fstat(folder)
        if fails:
            raise ValueError
    assert (found.st_dev, found.st_ino) == (tmp_path.stat().st_dev, tmp_path.stat().st_ino)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(folder)


@pytest.mark.usefixtures("trusting")
def test_a_context_follows_no_link_of_others(tmp_path):
    service, _secret = tree(tmp_path, open_to_all=True)
    with pytest.raises(nofollow.Unsafe, match="'link'"), nofollow.opened(str(service / "link")):
        pytest.fail("the link was followed")


@pytest.mark.parametrize(
    ("uid", "gid", "mode", "trusted"),
    [
        (0, 0, 0o755, True),
        (0, 0, 0o775, True),
        (0, 8, 0o755, True),
        (0, 8, 0o775, False),
        (0, 0, 0o757, False),
        (0, 0, 0o1777, False),
        (38, 38, 0o700, False),
    ],
)
def test_who_could_put_something_there(uid, gid, mode, trusted, monkeypatch):
    monkeypatch.setattr(nofollow.os, "geteuid", lambda: 0)
    assert nofollow.is_trusted(os.stat_result((mode, 0, 0, 0, uid, gid, 0, 0, 0, 0))) is trusted


@pytest.mark.usefixtures("trusting")
def test_a_file_is_opened_where_its_link_is_roots(tmp_path):
    service, secret = tree(tmp_path, open_to_all=False)
    (secret / "file").write_text("x")
    (service / "log").symlink_to("../secret/file")
    os.close(nofollow.open_file(str(service / "log"), os.O_RDONLY))
    service.chmod(0o777)
    for flags in (os.O_RDONLY, os.O_WRONLY | os.O_CREAT):
        with pytest.raises(nofollow.Unsafe, match="'log'"):
            nofollow.open_file(str(service / "log"), flags)


def given(folder, *, check_mode=False, owner=MINE):
    descriptor = nofollow.open_folder(str(folder))
    try:
        return list(nofollow.give_contents(descriptor, str(folder), owner, check_mode=check_mode))
    finally:
        os.close(descriptor)


def modes(folder):
    return {path.name: stat.S_IMODE(path.lstat().st_mode) for path in folder.rglob("*") if not path.is_symlink()}


def test_files_and_folders_are_given(tmp_path):
    (tmp_path / "sub").mkdir()
    for name, mode in (("a", 0o644), ("sub/b", 0o755), ("sub/c", 0o600)):
        (tmp_path / name).write_text("")
        (tmp_path / name).chmod(mode)
    (tmp_path / "sub").chmod(0o755)
    wanted = [str(tmp_path / name) for name in ("a", "sub", "sub/b")]
    assert given(tmp_path, check_mode=True) == wanted
    assert modes(tmp_path) == {"a": 0o644, "sub": 0o755, "b": 0o755, "c": 0o600}
    assert given(tmp_path) == wanted
    assert modes(tmp_path) == {"a": 0o600, "sub": 0o700, "b": 0o600, "c": 0o600}
    assert given(tmp_path) == []


def test_links_pipes_and_files_of_two_names_are_left(tmp_path):
    secret, service = tmp_path / "secret", tmp_path / "service"
    secret.mkdir()
    service.mkdir()
    for name in ("one", "two"):
        (secret / name).write_text("")
        (secret / name).chmod(0o644)
    (service / "link").symlink_to(secret)
    os.mkfifo(service / "pipe", 0o644)
    os.link(secret / "one", service / "one")
    assert given(service) == []
    assert modes(secret) == {"one": 0o644, "two": 0o644}


@pytest.mark.parametrize("becomes", ["link to folder", "link to file", "pipe", "nothing"])
@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_becomes_something_else_meanwhile_is_left(tmp_path, monkeypatch, kind, becomes):
    """Whoever owns the folder swaps an entry after it was looked at and before it is opened."""
    secret, service = tmp_path / "secret", tmp_path / "service"
    secret.mkdir(mode=0o755)
    service.mkdir()
    (secret / "file").write_text("")
    (secret / "file").chmod(0o644)
    entry = service / "entry"
    if kind == "folder":
        entry.mkdir(mode=0o755)
    else:
        entry.write_text("")
        entry.chmod(0o644)
    real = os.stat

    def stat_and_swap(path, **options):
        found = real(path, **options)
        if path == "entry" and not (service / "aside").exists():
            entry.rename(service / "aside")
            if becomes == "pipe":
                os.mkfifo(entry)
            elif becomes != "nothing":
                entry.symlink_to(secret if becomes == "link to folder" else secret / "file")
        return found

    monkeypatch.setattr(nofollow.os, "stat", stat_and_swap)
    given(service)
    assert modes(secret) == {"file": 0o644}
    assert stat.S_IMODE(real(secret).st_mode) == 0o755


def test_a_folder_is_made_with_those_above(tmp_path):
    path = tmp_path / "a/b/c"
    os.close(nofollow.make_folder(str(path), MINE))
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent.parent, path.parent, path)] == [
        0o755,
        0o755,
        0o700,
    ]


def test_a_file_has_its_permissions_before_its_content(tmp_path, monkeypatch):
    """A run that is killed while it writes leaves what was there, and no secret that others can read."""
    (tmp_path / "conf").write_text("old")
    monkeypatch.setattr(nofollow.os, "fsync", lambda _descriptor: os._exit(0))
    child = os.fork()
    if not child:
        folder = nofollow.open_folder(str(tmp_path))
        with nofollow.replacing(folder, "conf", MINE._replace(mode=0o640)) as stream:
            stream.write(b"secret")
    os.waitpid(child, 0)
    assert (tmp_path / "conf").read_text() == "old"
    (left,) = (path for path in tmp_path.iterdir() if path.name != "conf")
    assert left.read_text() == "secret" and left.name.startswith(".conf.")
    assert stat.S_IMODE(left.stat().st_mode) == 0o640


def test_what_is_no_file_is_not_read(tmp_path):
    (tmp_path / "file").write_text("x")
    os.mkfifo(tmp_path / "pipe")
    content, there = nofollow.read_file(str(tmp_path / "file"))
    assert (content, there.st_size) == (b"x", 1)
    for name in ("pipe", "none", "file/none", ""):
        assert nofollow.read_file(str(tmp_path / name)) is None
