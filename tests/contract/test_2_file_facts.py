# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailman 2.1's files and locks, as recorded on a real 2.1.39."""

from __future__ import annotations

import json
import subprocess
import time
from typing import Any

from mailman21 import ROOT, STATE, Mailman21
from support import recorded21


def test_a_lock_names_its_holder_and_ends_after_five_hours(host: Mailman21, made: str) -> None:
    with host.holding(made) as pid:
        names = host.sh(f"cd {STATE}/locks; ls {made}.lock*").split()
        claim = f"{made}.lock.{host.fqdn()}.{pid}.0"
        assert names == [f"{made}.lock", claim]
        assert host.sh(f"cat {STATE}/locks/{made}.lock") == f"{STATE}/locks/{claim}"
        links, mode, end = host.sh(f"stat -c '%h %a %Y' {STATE}/locks/{made}.lock").split()
        assert (links, mode) == ("2", "664")
        assert abs(int(end) - time.time() - 5 * 3600) < 60


def test_a_lock_makes_others_wait_and_readers_not(host: Mailman21, made: str) -> None:
    with host.holding(made):
        assert host.members(made) == [] and host.config(made)
        assert host.shell(f"echo advertised=0 | timeout 2 config_list -i /dev/stdin {made}")["rc"] == 124
    assert host.config(made)["advertised"] == 1


def test_new_lists_are_made_under_one_lock(host: Mailman21, name: str) -> None:
    with host.making(name, end="KILL") as pid:
        claim = host.sh(f"cat '{STATE}/locks/<site>.lock'")
        assert claim.startswith(f"{STATE}/locks/<site>.lock.{host.fqdn()}.{pid}.")
        assert host.shell(f"timeout 2 newlist -q {name}-2 owner@example.org pw")["rc"] == 124
    # killed, it is in the way of every new list
    assert host.shell(f"timeout 2 newlist -q {name}-3 owner@example.org pw")["rc"] == 124
    host.sh(f"rm -f {STATE}/locks/'<site>'.lock*")
    host.sh(f"newlist -q {name}-3 owner@example.org pw")


def test_a_wait_for_a_lock_can_be_bounded(host: Mailman21, made: str) -> None:
    with host.holding(made):
        assert host.withlist("locks.wait", made, "1", lock=False) == "TimeOutError ()\n"
        # who gives up leaves nothing
        assert len(host.sh(f"ls {STATE}/locks | grep {made}").split()) == 2


def test_a_terminated_holder_leaves_its_lock(host: Mailman21, made: str) -> None:
    for signal in ("TERM", "HUP", "KILL"):
        with host.holding(made, end=signal):
            pass
        assert len(host.sh(f"ls {STATE}/locks | grep {made}").split()) == 2, signal
        host.sh(f"rm {STATE}/locks/{made}.lock*")


def test_a_lock_that_ended_is_broken(host: Mailman21, made: str) -> None:
    with host.holding(made, end="KILL"):
        pass
    host.sh(
        f"touch -d '20 seconds ago' {STATE}/locks/{made}.lock; echo advertised=0 | timeout 15 config_list -i /dev/stdin {made}"
    )
    assert host.config(made)["advertised"] == 0
    assert host.shell(f"ls {STATE}/locks | grep {made}.lock$")["out"] == ""


def test_saving_needs_the_lock_and_taking_it_reads_what_was_saved(host: Mailman21, made: str) -> None:
    said = host.withlist("locks.unlocked", made, lock=False).splitlines()
    assert said == ["NotLockedError", "edited without the lock", "lost"]


def test_rmlist_takes_the_lock_away(host: Mailman21, made: str) -> None:
    with host.holding(made):
        host.check("rmlist", made)
        assert host.shell(f"ls {STATE}/locks | grep {made}")["out"] == ""


def test_a_repeated_delivery_status_moves_its_time(host: Mailman21, made: str) -> None:
    host.sh(f"echo alice@example.org | add_members -r - -w n -a n {made}")
    assert host.withlist("api.times", made) == "True\n"


def test_what_a_new_list_leaves(host: Mailman21, made: str) -> None:
    assert host.sh(
        f"cd {STATE}; stat -c '%A %U %G' lists/{made} archives/private/{made} archives/private/{made}.mbox"
    ) == ("drwxrwsr-x root list\n" * 3)
    assert host.sh(f"stat -c '%A %U %G' {STATE}/lists/{made}/config.pck") == "-rw-rw---- root list\n"
    assert host.sh(f"readlink {STATE}/archives/public/{made}") == f"{STATE}/archives/private/{made}\n"


def test_a_saved_list_keeps_its_predecessor(host: Mailman21, made: str) -> None:
    before = host.sh(f"sha256sum < {STATE}/lists/{made}/config.pck")
    host.sh(f"echo advertised=0 | config_list -i /dev/stdin {made}")
    assert host.sh(f"sha256sum < {STATE}/lists/{made}/config.pck.last") == before


def test_a_private_archive_has_no_public_link(host: Mailman21, made: str) -> None:
    public = f"{STATE}/archives/public/{made}"
    host.sh(f"echo archive_private=1 | config_list -i /dev/stdin {made}")
    assert host.shell(f"ls {public}")["rc"] == 2
    # removed and made again, it is public
    host.sh(f"rmlist {made}; newlist -q {made} owner@example.org pw")
    assert host.sh(f"readlink {public}") == f"{STATE}/archives/private/{made}\n"


def test_the_file_of_a_new_list(host: Mailman21, made: str) -> None:
    """Its keys and types are those of the lists in the recorded state."""
    found = host.state(made)
    assert found.pop("created_at") and found.pop("password")
    assert len(found) == 143
    assert (found["acceptable_aliases"], found["bounce_info_stale_after"], found["digest_size_threshhold"]) == (
        "\n",
        604800,
        30,
    )


def plain(value: Any) -> Any:
    """The recorded truth also shows what bytes mean, for people."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items() if key != "text" or "b" not in value}
    return [plain(item) for item in value] if isinstance(value, list) else value


def test_a_recorded_state_is_read(host: Mailman21) -> None:
    """All settings and members of 16 lists, as the Mailman that wrote them saw them."""
    truth = json.loads((ROOT / "tests/truth/sodium-truth.json").read_text(encoding="utf-8"))["lists"]
    unpack = [*host.engine, "exec", "-i", host.container, "tar", "-xz", "-C", host.room]
    subprocess.run(unpack, input=recorded21.STATE.read_bytes(), check=True)
    found = json.loads(host.sh("python2.7 fixture.py $(dirname $(find . -name lists -type d | head -1))"))
    assert found.keys() == truth.keys()
    compared = 0
    for name, entry in truth.items():
        for kind in ("config", "members"):
            for key, told in plain(entry[kind]).items():
                read = found[name][kind][key]
                if kind == "members":
                    told = {what: value for what, value in told.items() if what in read}
                assert read == told, f"{name}: {key}"
                compared += 1
    assert compared > 2000
