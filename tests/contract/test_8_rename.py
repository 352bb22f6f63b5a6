# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A list gets another name, and whatever it is interrupted by, the next run gives it that name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mailman21 import COLLECTION, STATE, Mailman21

LIST = "mailman_list"


@pytest.fixture
def old(host: Mailman21, made: str) -> Iterator[str]:
    """A list with people, posts that wait, an archive, a digest begun and mail on its way."""
    # Mailman shall have nothing to do with it meanwhile
    host.config_list(made, "admin_immed_notify=0\n")
    host.sh(f"echo alice@example.org | add_members -r - -w n -a n {made}")
    host.withlist("req.hold", made, "3")
    host.withlist("req.hold_people", made)
    host.withlist("rename.furnish", made)
    yield made
    host.sh(f"rm -f {waits(made)}")


@pytest.fixture
def stopped(host: Mailman21) -> Iterator[None]:
    """Mailman does not run."""
    runs = host.shell("systemctl is-active mailman")["rc"] == 0
    if runs:
        host.check("systemctl", "stop", "mailman")
    yield
    if runs:
        host.check("systemctl", "start", "mailman")


def waits(name: str) -> str:
    """The file of a message that waits for a list; it keeps its name."""
    return f"{STATE}/qfiles/shunt/1600000000.5+{name}.pck"


def queued(host: Mailman21, name: str) -> str:
    """What waits, as Mailman reads it."""
    look = f'import sys; sys.path.insert(0, "/usr/lib/mailman/bin"); import paths, rename; print rename.waiting("{waits(name)}")'
    return host.sh(f"python2.7 -c '{look}'").strip()


def test_everything_follows_the_name(host: Mailman21, old: str) -> None:
    new, last = f"{old}-new", f"{old}-last"
    before = host.state(old)
    private = f"{STATE}/archives/private"
    said = host.assert_idempotent(LIST, name=new, renamed_from=[old])
    assert said["lists"][0]["action"] == "renamed"
    assert old not in host.lists() and new in host.lists()
    after = host.state(new)
    expected = {
        "real_name": new.capitalize(),
        "subject_prefix": f"[{new.capitalize()}] ",
        "acceptable_aliases": f"{old}@{host.domain}\n",
    }
    assert after == {**before, **expected}
    assert host.withlist("req.show", new).strip() == "pending requests: 4 held ids [1, 2, 3] subs [4] unsubs []"
    rows = host.withlist("rename.requests", new).splitlines()
    assert rows == [f"{number} heldmsg-{new}-{number}.pck {new} True" for number in (1, 2, 3)]
    assert queued(host, old) == f"('waits', '{new}')"
    found = host.sh(f"cd {STATE}/lists/{new}; cat digest.mbox pending.pck en/listinfo.html; cat {private}/{new}/*/*")
    assert found == "digest\ntokens\nown page\npage\n"
    assert "first" in host.sh(f"cat {private}/{new}.mbox/{new}.mbox")
    assert host.sh(f"readlink {STATE}/archives/public/{new}") == f"{private}/{new}\n"
    # nothing has the old name, nor is anything root's
    named = f"find {STATE}/lists {STATE}/archives {STATE}/data {STATE}/locks/ -name '*{old}*' ! -name '*{new}*'"
    assert host.sh(named) == ""
    assert host.sh(f"find {STATE}/lists/{new} {private}/{new} ! -user list") == ""

    host.assert_idempotent(LIST, name=last, renamed_from=[new, old])
    assert host.attribute(last, "acceptable_aliases") == f"{old}@{host.domain}\n{new}@{host.domain}\n"
    assert (host.attribute(last, "real_name"), host.members(last)) == (last.capitalize(), ["alice@example.org"])
    assert queued(host, old) == f"('waits', '{last}')"
    assert host.sh(f"cat {private}/{last}/2020-January.txt") == "text\n"


def test_an_archive_stays_where_it_was(host: Mailman21, old: str) -> None:
    new, last = f"{old}-new", f"{old}-last"
    public, private = f"{STATE}/archives/public", f"{STATE}/archives/private"
    host.assert_idempotent(LIST, name=new, renamed_from=[old], renamed_archives="stay")
    assert host.sh(f"cat {public}/{old}/2020-January/000000.html") == "page\n"
    assert "first" in host.sh(f"cat {private}/{old}.mbox/{old}.mbox")
    assert new.capitalize() in host.sh(f"cat {public}/{new}/index.html")
    # Mailman asks for the password of the list in whose folder a page is
    assert host.sh(f"cat {private}/{new}/{old}/2020-January/000000.html") == "page\n"
    host.assert_idempotent(LIST, name=last, renamed_from=[new, old], renamed_archives="stay")
    for name in (old, new):
        assert "html" in host.sh(f"ls {private}/{last}/{name}/ {public}/{name}/")
    # and can follow as long as there is no other
    third = f"{old}-third"
    host.apply(LIST, name=third, renamed_from=[last])
    assert host.sh(f"cat {private}/{third}/{old}/2020-January.txt") == "text\n"


def test_a_private_archive_follows_in_private(host: Mailman21, old: str) -> None:
    new, private = f"{old}-new", f"{STATE}/archives/private"
    host.apply(LIST, name=old, archive_policy="private")
    with host.watched(f"{STATE}/archives/public/{new}") as seen:
        host.apply(LIST, name=new, renamed_from=[old])
    assert not seen and host.sh(f"cat {private}/{new}/2020-January.txt") == "text\n"


def test_surprise_a_rename_killed_at_any_step_is_finished(host: Mailman21, old: str, stopped: None) -> None:
    """And there is one whole list at any moment."""
    program = f"python2.7 {host.room}/rename.py {host.room}/lib/{COLLECTION}/plugins/module_utils {old} {old}-new"
    kills = int(host.sh(program).split()[-1])
    assert kills > 40
    assert host.apply(LIST, name=f"{old}-new", renamed_from=[old])["lists"][0]["changes"].keys() == {
        "acceptable_aliases",
        "display_name",
        "subject_prefix",
    }


def test_surprise_what_others_know_of_a_list_is_theirs(host: Mailman21, old: str) -> None:
    """`rm heldmsg-foo-*` and the like take what belongs to foo-announce."""
    other = f"{old}-1"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    host.withlist("req.hold", other, "2")
    before = host.state(other), host.sh(f"ls {STATE}/data/heldmsg-{other}-[12].pck")
    host.apply(LIST, name=f"{old}-new", renamed_from=[old])
    assert (host.state(other), host.sh(f"ls {STATE}/data/heldmsg-{other}-[12].pck")) == before
    assert host.withlist("req.show", other).startswith("pending requests: 2 held ids [1, 2]")


def test_names_that_cannot_be_meant(host: Mailman21, old: str, name: str) -> None:
    new = f"{old}-new"
    before = host.fingerprint()
    elsewhere = host.refusal(LIST, name=new, renamed_from=[f"{old}@elsewhere.example.net"])
    assert f"renamed_from has {old}@elsewhere.example.net: give names in {host.domain}" in elsewhere
    assert "without its site list" in host.refusal(LIST, name=new, renamed_from=["mailman"])
    assert "renamed_from" in host.refusal(LIST, name=new, renamed_from=[".."])
    assert "display_name" in host.refusal(LIST, name=new, renamed_from=[old], display_name="Another")
    assert host.fingerprint() == before
    host.sh(f"chown root: {STATE}/lists/{old}/en; chmod g-w {STATE}/lists/{old}/en")
    before = host.fingerprint()
    assert f"may not write to {STATE}/lists/{old}/en" in host.refusal(LIST, name=new, renamed_from=[old])
    assert host.fingerprint() == before
    host.sh(f"chown list: {STATE}/lists/{old}/en")
    host.check("newlist", "-q", new, "owner@example.org", "pw")
    assert "both lists exist" in host.refusal(LIST, name=new, renamed_from=[old])
    # the archive of a list that is gone is in the way
    host.withlist("rename.furnish", new)
    host.sh(f"rm {waits(new)}")
    host.apply(LIST, name=new, state="absent")
    before = host.fingerprint()
    for check_mode in (True, False):
        said = host.module(LIST, name=new, renamed_from=[old], check_mode=check_mode)
        assert said.get("failed") is True and "give stay, since Mailman 2.1 cannot merge them" in said["msg"]
    assert host.fingerprint() == before
    host.apply(LIST, name=new, state="absent", archives="drop")
    assert host.apply(LIST, name=new, renamed_from=[old])["changed"] is True
