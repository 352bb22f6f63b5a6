# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The surprises of Mailman 2.1 that touch whole lists: held posts, unreadable files, locks, signals, archives."""

from __future__ import annotations

import time

import pytest

from mailman21 import OLD_DISABLE, STATE, Mailman21

LIST, MEMBER, INFO = "mailman_list", "mailman_member", "mailman_list_info"


def held(host: Mailman21, name: str) -> str:
    return host.withlist("req.show", name).strip()


def test_disabled_and_back(host: Mailman21, made: str) -> None:
    host.config_list(
        made,
        "advertised=1\nsubscribe_policy=3\nban_list=['bad@example.net']\ngeneric_nonmember_action=3\n"
        "header_filter_rules=[('^X-Spam-Score:[^+]*[+]{4,}', 3, False)]\n",
    )
    before = host.state(made)
    host.assert_idempotent(LIST, name=made, state="disabled")
    now = host.config(made)
    assert (now["advertised"], now["emergency"]) in ((0, 1), (0, 0))
    # nobody gets in
    assert now["subscribe_policy"] in (2, 3)
    # its archives stay where they are
    assert host.sh(f"readlink {STATE}/archives/public/{made}") == f"{STATE}/archives/private/{made}\n"
    said = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]
    assert said["state"] == "disabled"
    host.assert_idempotent(LIST, name=made, state="present")
    assert host.state(made) == before


def test_everybody_is_refused_by_a_disabled_list(host: Mailman21, made: str) -> None:
    """A member, a moderated member, a trusted stranger and a stranger."""
    host.sh(f"printf 'alice@example.org\\nmo@example.org\\n' | add_members -r - -w n -a n {made}")
    host.apply(MEMBER, list=made, address="mo@example.org", moderation_action="hold")
    host.config_list(made, "accept_these_nonmembers=['friend@example.com']\n")
    everybody = ["alice@example.org", "mo@example.org", "friend@example.com", "stranger@example.com"]
    for action in ("reject", "hold", "discard"):
        host.apply(LIST, name=made, state="disabled", disabled_action=action)
        assert [host.verdict(made, sender) for sender in everybody] == [action] * 4
    host.apply(LIST, name=made, state="present")
    assert [host.verdict(made, sender) for sender in everybody] == ["accept", "hold", "accept", "hold"]


def test_surprise_disable_saves_bans_and_privacy(host: Mailman21, made: str) -> None:
    """The old script's -e advertised private lists and wiped bans."""
    host.config_list(made, "advertised=0\narchive_private=1\nban_list=['bad@example.net', '^spam.*']\n")
    before = host.state(made)
    host.apply(LIST, name=made, state="disabled")
    host.apply(LIST, name=made, state="disabled", disabled_action="hold")
    host.apply(LIST, name=made, state="present")
    assert host.state(made) == before


def test_surprise_a_list_disabled_by_the_old_script_comes_back(host: Mailman21, made: str) -> None:
    """Its values are lost; what `present` gives instead is what new lists have."""
    host.config_list(made, OLD_DISABLE)
    said = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]
    assert said["state"] == "disabled"
    host.assert_idempotent(LIST, name=made, state="present")
    now = host.config(made)
    assert (now["emergency"], now["ban_list"]) == (0, [])
    assert (now["member_moderation_action"], now["generic_nonmember_action"]) == (0, 1)
    assert host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]["state"] == "present"


def test_surprise_the_old_script_on_top_of_ours(host: Mailman21, made: str) -> None:
    host.config_list(made, "ban_list=['bad@example.net']\n")
    before = host.state(made)
    host.apply(LIST, name=made, state="disabled")
    host.config_list(made, OLD_DISABLE)
    host.apply(LIST, name=made, state="present")
    assert host.config(made)["ban_list"] == ["bad@example.net"]
    assert host.state(made) == before


def test_former_owners_go_with_it(host: Mailman21, made: str) -> None:
    host.assert_idempotent(LIST, name=made, state="disabled", owners=[])
    assert host.sh(f"list_owners {made}").split() == []


def test_surprise_held_posts_of_a_list_whose_name_begins_anothers(host: Mailman21, name: str) -> None:
    """`rm heldmsg-foo-*` removes those of foo-announce, and leaves all the requests."""
    short, announce, number = name, f"{name}-announce", f"{name}-1"
    for item in (short, announce, number):
        host.check("newlist", "-q", item, "owner@example.org", "pw")
        host.withlist("req.hold", item, "3")
    host.withlist("req.hold_people", short)
    assert held(host, short) == "pending requests: 4 held ids [1, 2, 3] subs [4] unsubs []"
    host.assert_idempotent(LIST, name=short, state="disabled")
    assert "held ids []" in held(host, short)
    for item in (announce, number):
        assert held(host, item) == "pending requests: 3 held ids [1, 2, 3] subs [] unsubs []"
    kept = host.sh(f"ls {STATE}/data | grep heldmsg-{short}").split()
    assert kept == sorted(f"heldmsg-{item}-{each}.pck" for item in (announce, number) for each in (1, 2, 3))
    assert f"{short}: Discarded posting:" in host.sh("tail -20 /var/log/mailman/vette")
    # a removed list's held posts go with it, and no other's
    host.assert_idempotent(LIST, name=announce, state="absent")
    left = host.sh(f"ls {STATE}/data | grep heldmsg-{short}").split()
    assert left == [f"heldmsg-{number}-{each}.pck" for each in (1, 2, 3)]


def test_a_held_post_without_its_file_is_discarded_too(host: Mailman21, made: str) -> None:
    host.withlist("req.hold", made, "2")
    host.sh(f"rm {STATE}/data/heldmsg-{made}-1.pck")
    host.assert_idempotent(LIST, name=made, state="disabled")
    assert held(host, made) == "pending requests: 0 held ids [] subs [] unsubs []"


@pytest.mark.parametrize("damage", ["both", "config.pck"])
@pytest.mark.parametrize("state", ["present", "disabled", "absent"])
def test_surprise_an_unreadable_list_is_an_error_and_not_absent(
    host: Mailman21, made: str, state: str, damage: str
) -> None:
    """To Mailman's commands it is `No such list`; a mere reader of theirs even rolls it back to config.pck.last."""
    folder = f"{STATE}/lists/{made}"
    host.sh(f"cp {folder}/config.pck {made}.pck; cp {folder}/config.pck {folder}/config.pck.last")
    for file in ("config.pck", "config.pck.last") if damage == "both" else ("config.pck",):
        host.sh(f"head -c 100 {made}.pck > {folder}/{file}")
    try:
        before = host.fingerprint()
        for check_mode in (True, False):
            said = host.module(LIST, name=made, state=state, description="x", check_mode=check_mode)
            assert said.get("failed") is True and made in said["msg"] and "config.pck" in said["msg"], said
        for module, options in (
            (MEMBER, {"list": made, "address": "a@example.org"}),
            (MEMBER, {"all_lists": True, "address": "a@example.org", "state": "absent"}),
            (INFO, {"lists": [made]}),
        ):
            assert made in host.refusal(module, **options)
        assert made in host.apply(INFO)["unreadable"]
        assert host.fingerprint() == before
    finally:
        host.sh(f"cp {made}.pck {folder}/config.pck; rm -f {folder}/config.pck.*")
    assert host.apply(LIST, name=made, description="x")["changed"] is True


def test_surprise_an_unreadable_list_does_not_stop_the_others(host: Mailman21, name: str, made: str) -> None:
    other = name + "-other"
    host.check("newlist", "-q", other, "owner@example.org", "pw")
    folder = f"{STATE}/lists/{made}"
    host.sh(f"cp {folder}/config.pck {made}.pck; head -c 100 {made}.pck > {folder}/config.pck")
    try:
        assert host.apply(LIST, name=other, description="y")["changed"] is True
    finally:
        host.sh(f"cp {made}.pck {folder}/config.pck")


def test_a_pickle_runs_nothing(host: Mailman21, made: str) -> None:
    """What anybody who can write a list's file could make root run."""
    folder = f"{STATE}/lists/{made}"
    host.sh(f"cp {folder}/config.pck {made}.pck")
    program = "import cPickle, os\nclass Trap:\n    def __reduce__(self):\n"
    program += f"        return os.system, ('touch {host.room}/ran',)\ncPickle.dump({{'x': Trap()}}, open('{folder}/config.pck', 'wb'))\n"
    host.sh(f"python2.7 - <<'END'\n{program}END")
    try:
        assert made in host.refusal(INFO, lists=[made])
        assert made in host.refusal(LIST, name=made, description="x")
        assert host.shell(f"ls {host.room}/ran")["rc"] == 2
    finally:
        host.sh(f"cp {made}.pck {folder}/config.pck")


def test_surprise_a_wait_for_a_lock_is_bounded(host: Mailman21, made: str) -> None:
    """Mailman's commands wait for ever."""
    with host.holding(made) as pid:
        began = time.monotonic()
        before = host.fingerprint()
        message = host.refusal(LIST, name=made, description="x")
        assert time.monotonic() - began < 100
        assert made in message and "lock" in message and str(pid) in message and host.fqdn() in message
        assert host.fingerprint() == before
        # who only reads does not wait
        began = time.monotonic()
        assert host.apply(INFO, lists=[made])
        assert host.module(LIST, name=made, description="x", check_mode=True)["changed"] is True
        assert time.monotonic() - began < 25
        # the holder keeps it
        assert len(host.sh(f"ls {STATE}/locks | grep {made}").split()) == 2
    assert host.apply(LIST, name=made, description="x")["changed"] is True


def test_surprise_a_locked_list_is_not_in_the_way_of_others(host: Mailman21, made: str, name: str) -> None:
    lists = [{"name": made, "description": "x"}, {"name": f"{name}-after", "owners": ["o@example.org"]}]
    with host.holding(made) as pid:
        message = host.refusal(LIST, lists=lists, mailman_lock_timeout=2)
        assert made in message and str(pid) in message and f"{name}-after" not in message
        assert message.endswith("the other lists are done")
        assert f"{name}-after" in host.lists()
    done = host.apply(LIST, lists=lists)["summary"]
    assert (done["lists_changed"], done["lists_created"]) == (1, 0)
    assert host.apply(LIST, lists=lists)["changed"] is False


def test_surprise_a_dead_holders_lock_is_cleared(host: Mailman21, made: str) -> None:
    """It would be in the way for five hours, also after a restart of Mailman."""
    with host.holding(made, end="KILL"):
        pass
    assert host.sh(f"ls {STATE}/locks | grep {made}.lock$")
    began = time.monotonic()
    assert host.apply(LIST, name=made, description="x")["changed"] is True
    assert time.monotonic() - began < 30
    assert host.config(made)["description"] == "x"
    assert host.shell(f"ls {STATE}/locks | grep {made}")["out"] == ""


def test_surprise_the_lock_of_all_new_lists_is_bounded_and_cleared(host: Mailman21, name: str) -> None:
    """Whoever is killed while a list is made is in the way of every new list."""
    with host.making(f"{name}-other", end="KILL") as pid:
        before = host.fingerprint()
        message = host.refusal(LIST, name=name, owners=["o@example.org"], mailman_lock_timeout=2)
        assert name in message and str(pid) in message and host.fqdn() in message
        assert host.fingerprint() == before
    host.assert_idempotent(LIST, name=name, owners=["o@example.org"])
    assert host.shell(f"ls {STATE}/locks | grep site")["out"] == ""
    # what was left half made is no list, and can be made
    host.assert_idempotent(LIST, name=f"{name}-other", owners=["o@example.org"])


@pytest.mark.parametrize("whose", ["another-host.example.org.4711", "living"])
def test_surprise_a_lock_is_cleared_only_when_its_holder_is_proved_dead(host: Mailman21, made: str, whose: str) -> None:
    """A holder on another host, or a process of this number that lives, may have it."""
    with host.holding(made) as pid:
        holder = whose if whose != "living" else f"{host.fqdn()}.{pid}"
        if whose != "living":
            claim = f"{STATE}/locks/{made}.lock.{holder}.0"
            host.sh(f"cd {STATE}/locks; rm {made}.lock*; printf {claim} > {claim}; ln {claim} {made}.lock")
            host.sh(f"touch -d '+5 hours' {STATE}/locks/{made}.lock")
        message = host.refusal(LIST, name=made, description="x", mailman_lock_timeout=2)
        assert holder.rpartition(".")[0] in message and holder.rpartition(".")[2] in message
        assert host.sh(f"cat {STATE}/locks/{made}.lock").startswith(f"{STATE}/locks/{made}.lock.{holder}")
        assert host.config(made)["description"] == ""
    host.sh(f"rm -f {STATE}/locks/{made}.lock*")


@pytest.mark.parametrize("signal", ["TERM", "HUP", "INT"])
def test_surprise_signals_release_locks(host: Mailman21, name: str, signal: str) -> None:
    """Mailman's own commands leave the lock when they are terminated."""
    names = [f"{name}-{number:03}" for number in range(60)]
    everybody = [f"p{number}@example.net" for number in range(200)]
    lists = [{"name": item, "owners": ["o@example.org"], "members": everybody} for item in names]
    host.interrupt(LIST, signal, after=names[2], lists=lists)
    assert host.shell(f"ls {STATE}/locks | grep {name}")["out"] == ""
    done = [item for item in names if item in host.lists()]
    assert done, "it was too early to interrupt it"
    assert names[-1] not in done, "it went on with the next list"
    # every list that is there is whole, but perhaps the last, and the next run finishes the job
    for item in done[:-1]:
        assert len(host.members(item)) == len(everybody)
    assert host.apply(LIST, lists=lists)["changed"] is True
    assert [len(host.members(item)) for item in names[:4] + names[-2:]] == [len(everybody)] * 6
    assert host.apply(LIST, lists=lists)["changed"] is False


def test_surprise_a_kept_private_archive_stays_private(host: Mailman21, made: str) -> None:
    """`rmlist board; newlist board` publishes the old archive."""
    public = f"{STATE}/archives/public/{made}"
    host.config_list(made, "archive_private=1\n")
    host.sh(
        f"mkdir {STATE}/archives/private/{made}/2017-April; echo secret > {STATE}/archives/private/{made}/2017-April.txt"
    )
    host.sh(
        f"printf 'From a@example.org Sat Apr  1 00:00:00 2017\\n\\nsecret\\n' > {STATE}/archives/private/{made}.mbox/{made}.mbox"
    )
    host.assert_idempotent(LIST, name=made, state="absent")
    assert host.shell(f"ls {public}")["rc"] == 2
    # declared private, it is private at once; asked to be public, or not asked, the archive is not exposed
    with host.watched(public) as seen:
        host.apply(LIST, name=made, owners=["o@example.org"], archive_policy="private")
    assert not seen, "the archive was public for a moment"
    host.apply(LIST, name=made, state="absent")
    with host.watched(public) as seen:
        said = host.module(LIST, name=made, owners=["o@example.org"])
    assert not seen and host.shell(f"ls {public}")["rc"] == 2, said
    assert "secret" in host.sh(f"cat {STATE}/archives/private/{made}/2017-April.txt")


def test_surprise_a_removed_public_list_with_kept_archives(host: Mailman21, made: str) -> None:
    """A plain rmlist of a public list leaves its archive served; so do we, for it was public."""
    host.assert_idempotent(LIST, name=made, state="absent")
    assert host.shell(f"ls {STATE}/archives/private/{made}")["rc"] == 0


def test_surprise_a_new_private_list_is_never_public(host: Mailman21, name: str) -> None:
    with host.watched(f"{STATE}/archives/public/{name}") as seen:
        host.apply(LIST, name=name, owners=["o@example.org"], archive_policy="private")
    assert not seen
    assert host.config(name)["archive_private"] == 1


def test_surprise_texts_survive_what_config_list_corrupts(host: Mailman21, made: str) -> None:
    """config_list -o | config_list -i loses backslashes and newlines at the end; reading and declaring must not."""
    pattern = 'from: .*\\bspam\\b\nsubject: \\d+ "quoted" \\\\ end\\\nx: y\n'
    settings = {
        "bounce_matching_headers": pattern,
        "msg_footer": "line1\nline2 with \\t\n\n",
        "welcome_msg": "\n  x  \n\n",
    }
    host.assert_idempotent(LIST, name=made, settings=settings)
    assert host.attributes(made, *settings) == settings
    said = host.apply(INFO, lists=[made])["lists"][f"{made}@{host.domain}"]["settings"]
    assert {key: said[key] for key in settings} == settings


def test_surprise_no_write_without_a_difference(host: Mailman21, made: str) -> None:
    """Not even of times: backups and mirrors would see a change."""
    options = {"name": made, "description": "x", "members": ["a@example.org"], "settings": {"max_num_recipients": 9}}
    host.apply(LIST, **options)
    before = host.fingerprint()
    assert host.apply(LIST, **options)["changed"] is False
    assert host.apply(INFO, lists=[made])["changed"] is False
    assert host.fingerprint() == before


def test_what_is_written_is_the_services(host: Mailman21, made: str) -> None:
    """Queue runners and web pages go on as `list`; root's files would stop them."""
    host.apply(LIST, name=made, description="x", members=["a@example.org"])
    owner = host.sh(f"stat -c '%U:%G %a' {STATE}/lists/{made}/config.pck").strip()
    assert owner == "list:list 660"
    host.sh(f"su -s /bin/bash list -c 'echo b@example.org | add_members -r - -w n -a n {made}'")
    assert host.members(made) == ["a@example.org", "b@example.org"]


def test_a_crash_leaves_nothing_in_the_way(host: Mailman21, name: str) -> None:
    """SIGKILL in the middle: the next run finishes the job, locks and all."""
    # so many that they are not all made before the signal comes
    names = [f"{name}-{number:03}" for number in range(200)]
    lists = [
        {"name": item, "owners": ["o@example.org"], "members": [f"p{n}@example.net" for n in range(200)]}
        for item in names
    ]
    host.interrupt(LIST, "KILL", after=names[2], lists=lists)
    assert names[-1] not in host.lists()
    assert host.apply(LIST, lists=lists)["changed"] is True
    assert host.apply(LIST, lists=lists)["changed"] is False
    assert [len(host.members(item)) for item in names[:4] + names[-2:]] == [200] * 6
    assert host.shell(f"ls {STATE}/locks | grep {name}")["out"] == ""


def links(host: Mailman21, name: str) -> list[str]:
    """What of a list's archive the web server shows to everybody."""
    there = host.sh(f"ls -A {STATE}/archives/public").split()
    return [link for link in (name, f"{name}.mbox") if link in there]


def test_surprise_the_links_go_before_a_list_says_that_it_is_private(host: Mailman21, made: str) -> None:
    """Mailman takes them away after it has saved the list, and a run that is killed in between leaves them."""
    assert made in links(host, made)
    folder = f"{STATE}/lists/{made}"
    # it cannot be saved
    host.sh(f"chmod a-w {folder}")
    try:
        assert host.refusal(LIST, name=made, archive_policy="private").startswith(f"list {made}: ")
        assert links(host, made) == []
    finally:
        host.sh(f"chmod ug+w {folder}")
    assert host.config(made)["archive_private"] == 0
    host.assert_idempotent(LIST, name=made, archive_policy="private")
    assert (host.config(made)["archive_private"], links(host, made)) == (1, [])
    host.assert_idempotent(LIST, name=made, archive_policy="public")
    assert made in links(host, made)


@pytest.mark.parametrize("suffix", ["", ".mbox"])
def test_surprise_a_public_link_to_a_private_archive_is_seen_and_taken_away(
    host: Mailman21, made: str, suffix: str
) -> None:
    """arch or a hand may have left it, and Mailman asks nobody who follows it."""
    host.apply(LIST, name=made, archive_policy="private")
    host.sh(f"ln -s {STATE}/archives/private/{made}{suffix} {STATE}/archives/public/{made}{suffix}")
    fqdn = f"{made}@{host.domain}"
    assert host.apply(INFO, lists=[made])["lists"][fqdn]["archive_shown"] == "public"
    said = host.assert_idempotent(LIST, name=made)
    assert said["lists"][0]["changes"] == {"archive_shown": {"before": "public", "after": "private"}}
    assert links(host, made) == []
    assert host.apply(INFO, lists=[made])["lists"][fqdn]["archive_shown"] == "private"


def test_surprise_a_public_archive_without_its_link_gets_it_again(host: Mailman21, made: str) -> None:
    host.sh(f"rm {STATE}/archives/public/{made}")
    host.sh(f"rm -f {STATE}/archives/public/{made}.mbox")
    said = host.assert_idempotent(LIST, name=made)
    assert said["lists"][0]["changes"] == {"archive_shown": {"before": "private", "after": "public"}}
    assert made in links(host, made)


def test_surprise_a_folder_among_the_public_archives_is_said(host: Mailman21, made: str) -> None:
    """Mailman itself stumbles over it each time the list is saved, also with the next post."""
    host.apply(LIST, name=made, archive_policy="private")
    folder = f"{STATE}/archives/public/{made}"
    host.sh(f"mkdir {folder}")
    try:
        said = host.refusal(LIST, name=made)
        assert said == (
            f"list {made}: {folder} is not a link of Mailman: move it away, since it makes the archive public; the other lists are done"
        )
    finally:
        host.sh(f"rmdir {folder}")
    assert host.apply(LIST, name=made)["changed"] is False
