# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible.module_utils import basic
from passlib.apache import HtdigestFile

from ansible_collections.listops.mailman.plugins.module_utils import _htdigest as htdigest
from ansible_collections.listops.mailman.plugins.modules import htdigest_user

REALM = "arbcom-l archive"
FOREIGN = b"# readers\r\ncaf\xe9:other:junk\nno newline at the end"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the module in this process and return what it prints."""

    def call(check=False, **options):
        arguments = {
            "path": str(tmp_path / "file.htdigest"),
            "realm": REALM,
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            "_ansible_remote_tmp": str(tmp_path / "tmp"),
            **options,
        }
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            htdigest_user.main()
        return json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def file(tmp_path):
    return tmp_path / "file.htdigest"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def accepts(path, user, password):
    return HtdigestFile(str(path)).check_password(user, REALM, password)


def test_life_of_a_user(run, file):
    result = run(name="alice", password="one")
    assert result["changed"] and result["created"] == ["alice"] and result["users"] == ["alice"]
    assert mode(file) == 0o640
    assert accepts(file, "alice", "one")
    assert not run(name="alice", password="one")["changed"]

    result = run(name="alice", password="two")
    assert result["changed"] and result["updated"] == ["alice"]
    assert accepts(file, "alice", "two") and not accepts(file, "alice", "one")
    assert not run(name="alice", password="three", update_password="on_create")["changed"]

    result = run(name="alice", state="absent")
    assert result["changed"] and result["removed"] == ["alice"] and result["users"] == []
    assert file.read_bytes() == b""
    assert not run(name="alice", state="absent")["changed"]


def test_many_users_and_exact(run, file):
    run(name="left", password="good-enough")
    users = [
        {"name": "alice", "password": "one"},
        {"name": "Жанна", "password": "two"},
        {"name": "gone", "state": "absent"},
    ]
    result = run(users=users, exact=True)
    assert (result["created"], result["removed"]) == (["alice", "Жанна"], ["left"])
    assert accepts(file, "Жанна", "two")
    assert not run(users=users, exact=True)["changed"]
    assert run(users=[], exact=True)["users"] == []


def test_foreign_lines_survive(run, file):
    file.write_bytes(FOREIGN)
    run(name="alice", password="one")
    assert file.read_bytes().startswith(FOREIGN + b"\n")
    run(name="alice", state="absent")
    assert file.read_bytes() == FOREIGN + b"\n"


@pytest.mark.parametrize("there", [True, False])
def test_check_mode_tells_and_touches_nothing(run, file, there):
    if there:
        file.write_bytes(FOREIGN)
        os.chmod(file, 0o600)
    result = run(check=True, name="alice", password="one", mode="0640")
    assert result["changed"] and result["created"] == ["alice"]
    assert file.exists() == there
    if there:
        assert file.read_bytes() == FOREIGN and mode(file) == 0o600


def test_nothing_secret_comes_out(run, file):
    run(name="alice", password="first-password")
    old = htdigest.compute_digest("alice", REALM, "first-password").decode()
    new = htdigest.compute_digest("alice", REALM, "second-password").decode()
    result = run(name="alice", password="second-password")
    assert result["diff"][0]["before"] == "alice\n"
    assert result["diff"][0]["after"] == "alice (password changed)\n"
    for secret in ("first-password", "second-password", old, new):
        assert secret not in json.dumps(result)
    result = run(users=[{"name": "alice", "password": "third-password"}])
    assert "third-password" not in json.dumps(result)


def test_the_file_is_never_open_to_the_world(run, file, monkeypatch):
    seen = []
    real = basic.AnsibleModule.set_fs_attributes_if_different

    def watch(self, file_args, *args, **kwargs):
        if file.exists():
            seen.append(mode(file))
        return real(self, file_args, *args, **kwargs)

    monkeypatch.setattr(basic.AnsibleModule, "set_fs_attributes_if_different", watch)
    old = os.umask(0)
    try:
        run(name="alice", password="one", mode="0640")
    finally:
        os.umask(old)
    assert seen == [0o600]
    assert mode(file) == 0o640


def test_permissions(run, file):
    run(name="alice", password="one", mode="0600")
    assert mode(file) == 0o600
    run(name="alice", password="two")
    assert mode(file) == 0o600
    os.chmod(file, 0o644)
    assert run(check=True, name="alice", password="two", mode="0640")["changed"]
    assert mode(file) == 0o644
    assert run(name="alice", password="two", mode="0640")["changed"]
    assert mode(file) == 0o640
    assert not run(name="alice", password="two", mode="0640")["changed"]


def test_links_are_followed(run, file, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"")
    file.symlink_to(target)
    assert run(name="alice", password="one")["path"] == str(target)
    assert file.is_symlink() and accepts(target, "alice", "one")


def test_removing_from_a_missing_file_does_not_create_it(run, file):
    assert not run(name="alice", state="absent")["changed"]
    assert not run(name="alice", state="absent", create=False)["changed"]
    assert not file.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "a:b", "password": "good-enough"}, "name is 'a:b': give text without a colon"),
        ({"name": "a\nb", "password": "good-enough"}, "give text without line breaks"),
        ({"name": "alice", "password": "good-enough", "realm": "a:b"}, "realm is 'a:b': give text without a colon"),
        ({"name": "alice"}, "The password of 'alice' is missing, and "),
        ({"users": [{"name": "alice"}]}, " has none: give one, or state: absent."),
        (
            {"users": [{"name": "alice", "password": "good-enough"}, {"name": "alice", "state": "absent"}]},
            "users has 'alice' twice: give each user once",
        ),
        ({"name": "alice", "password": "good-enough", "exact": True}, "exact is true, and name is given: give users"),
        ({"name": "alice", "password": "good-enough", "create": False}, "create is false, and "),
        (
            {"name": "alice", "password": "good-enough", "path": "/nonexistent/folder/file"},
            "path is '/nonexistent/folder/file': give a path in a folder",
        ),
        ({}, "one of the following is required: name, users"),
        ({"name": "alice", "users": []}, "mutually exclusive: name|users"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(run, file, options, says):
    result = run(**options)
    assert result["failed"] and says in result["msg"] and "\n" not in result["msg"]
    assert not file.exists()


def test_who_has_no_password_keeps_his(run, tmp_path):
    """From the file itself, and from another one that stays as it is."""
    source = tmp_path / "source.htdigest"
    there = HtdigestFile(str(source), new=True)
    for name in ("alice", "bob", "carol"):
        there.set_password(name, REALM, f"password of {name}")
    there.set_password("alice", "other", "another")
    there.save()
    before = source.read_bytes()
    users = [{"name": "alice"}, {"name": "bob", "password": "new"}]
    checked = run(check=True, users=users, source=str(source))
    assert checked["changed"] and not (tmp_path / "file.htdigest").exists()
    result = run(users=users, source=str(source), exact=True)
    assert (result["created"], result["updated"], result["removed"]) == (["alice", "bob"], [], [])
    assert str(there.get_hash("alice", REALM)) not in json.dumps(result)
    written = HtdigestFile(str(tmp_path / "file.htdigest"))
    assert written.check_password("alice", REALM, "password of alice")
    assert written.check_password("bob", REALM, "new")
    assert not run(users=users, source=str(source), exact=True)["changed"]
    # What the file itself has wins over the other one, which need not be there any more.
    written.set_password("alice", REALM, "changed since")
    written.save()
    assert not run(users=users, source=str(source), exact=True)["changed"]
    assert source.read_bytes() == before
    source.unlink()
    result = run(users=[{"name": "alice"}], source=str(source), exact=True)
    assert result["removed"] == ["bob"]
    assert HtdigestFile(str(tmp_path / "file.htdigest")).check_password("alice", REALM, "changed since")


def test_nobody_comes_without_a_password(run, tmp_path):
    result = run(users=[{"name": "alice"}], source=str(tmp_path / "none"))
    assert result["failed"] and str(tmp_path / "none") in result["msg"]
    assert not (tmp_path / "file.htdigest").exists()


def test_a_folder_of_others_is_refused(run, tmp_path):
    service, secret = tmp_path / "service", tmp_path / "secret"
    service.mkdir()
    secret.write_text(f"mallory:{REALM}:{'0' * 32}\n")
    (service / "linked").symlink_to(secret)
    (service / "own").write_text("")
    service.chmod(0o777)
    for name in ("own", "new"):
        result = run(path=str(service / name), name="alice", password="one", mode="0600")
        assert result["failed"] and "give a path in a folder where only root creates files" in result["msg"]
    result = run(path=str(tmp_path / "file"), source=str(service / "linked"), users=[{"name": "mallory"}])
    assert result["failed"] and "symbolic link 'linked'" in result["msg"]
    assert (service / "own").read_text() == "" and not (service / "new").exists()
