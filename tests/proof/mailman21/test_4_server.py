# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mm_cfg.py, the runners, cron and logs; and what comes back after a power cut."""

from __future__ import annotations

import json

import pytest

from support import site
from support.controller import Controller, changed, results
from support.inside import eventually
from support.mailman21_server import HOME, Mailman21Server
from support.outside import Outside
from support.proved import Proved

MM_CFG = "/etc/mailman/mm_cfg.py"
VALUE = f"""
import sys
sys.path.insert(0, "{HOME}/bin")
import paths
from Mailman import mm_cfg
print(repr(mm_cfg.KNOWN_SPAMMERS))
print(mm_cfg.NNTP_PASSWORD)
"""


def test_bad_settings_are_refused_before_they_are_installed(
    fermium: Mailman21Server, controller: Controller, proved: Proved
) -> None:
    bad = {
        "NO_SUCH_THING": (1, "NO_SUCH_THING is not a setting of Mailman 2.1"),
        "SMTPHOST": (["a"], "SMTPHOST is ['a']: give a value of the type of Mailman's default, 'localhost'"),
        "KNOWN_SPAMMERS": ([["X-Spam", "("]], "KNOWN_SPAMMERS has ['X-Spam', '(']: unbalanced parenthesis"),
        "DEFAULT_SERVER_LANGUAGE": ("tlh", "DEFAULT_SERVER_LANGUAGE is 'tlh': give"),
    }
    settings = {name: value for name, (value, _sentence) in bad.items()}
    before = fermium.ask("read", path=MM_CFG)
    said = controller.playbook_fails(
        "playbooks/site.yml", "--tags=mailman", f"--extra-vars={json.dumps({'mailman_mm_cfg': settings})}"
    )
    missing = [sentence for _value, sentence in bad.values() if sentence not in said]
    assert missing == [], said[-3000:]
    assert fermium.ask("read", path=MM_CFG) == before
    proved("bad settings are refused in Mailman's own Python, before they are installed", f"{len(bad)} of {len(bad)}")


def test_a_good_setting_reaches_mailman(
    fermium: Mailman21Server, controller: Controller, word: str, proved: Proved
) -> None:
    run = ("playbooks/site.yml", "--tags=mailman", "--diff")

    def value() -> list[str]:
        return fermium.check("python2.7", "-c", VALUE).splitlines()

    before = value()
    assert before[0] == "[['X-Spam-Score', '[+]{6,}']]"
    settings = {"KNOWN_SPAMMERS": [["X-Blümchen", "ja"]], "NNTP_PASSWORD": word}
    try:
        shown = controller.playbook(*run, f"--extra-vars={json.dumps({'mailman_mm_cfg': settings})}")
        assert value() == ["[['X-Bl\\xc3\\xbcmchen', 'ja']]", word]
        assert word not in fermium.ask("read", path=MM_CFG) + json.dumps(shown)
    finally:
        controller.playbook(*run)
    assert value() == before
    assert fermium.is_active("mailman")
    proved("settings of one's own reach Mailman, and go again", "text in UTF-8; a secret, in no difference")


def test_what_would_be_lost_is_said(fermium: Mailman21Server, controller: Controller, proved: Proved) -> None:
    """Also what is put into a list of Mailman's own defaults, as its documentation says to do with handlers of one's own."""
    ours = fermium.ask("read", path=MM_CFG)
    try:
        fermium.ask("write", path=MM_CFG, text=f"{ours}\nADMIN_CATEGORIES.append('ours')\n")
        fermium.check("chmod", "0644", MM_CFG)
        shown = json.dumps(
            results(controller.playbook("playbooks/site.yml", "--tags=mailman", "--check"), controller.host)
        )
        assert "also sets ADMIN_CATEGORIES: put into mailman_mm_cfg what shall stay" in shown
    finally:
        fermium.ask("write", path=MM_CFG, text=ours)
        fermium.check("chmod", "0644", MM_CFG)
    proved("what mm_cfg.py only adds to is said before it goes", "ADMIN_CATEGORIES")


def test_another_group_of_the_mail_server_is_refused(controller: Controller, proved: Proved) -> None:
    said = controller.playbook_fails("playbooks/site.yml", "--tags=exim", "--extra-vars=exim_mailman_group=mail")
    assert r"exim_mailman_group is \"mail\"" in said and "give list." in said, said[-2000:]
    proved("a group that Mailman was not built for is refused before the first change", "give list")


def test_secrets_cron_and_logs(fermium: Mailman21Server, proved: Proved) -> None:
    modes = fermium.check(
        "stat", "-c", "%a %U:%G", "/etc/mailman/mm_cfg_secrets.py", "/etc/mailman/listops-secrets.json"
    )
    assert modes.splitlines() == ["640 root:list", "600 root:root"]
    jobs = [line for line in fermium.ask("read", path="/etc/cron.d/mailman").splitlines() if " list " in line]
    assert len(jobs) == 7
    fermium.check("sh", "-c", "touch /var/log/mailman/vette; echo line >> /var/log/mailman/vette")
    fermium.check("logrotate", "--force", "/etc/logrotate.d/mailman")
    assert fermium.ask("read", path="/var/log/mailman/vette.1").endswith("line\n")
    assert fermium.is_active("mailman")
    proved("secrets are Mailman's alone; cron jobs; logs rotate", f"{len(jobs)} jobs")


FOREIGN = [
    (
        "/etc/cron.d/mailman",
        "0 8 * * * list /usr/lib/mailman/cron/checkdbs\n7 3 * * * list /usr/lib/mailman/cron/own_report --key zqx\n",
        "it also has own_report: put into a file of another name",
    ),
    (
        "/etc/logrotate.d/mailman",
        "/var/log/mailman/vette {\n    yearly\n    missingok\n    maxage 9\n}\n# zqx\n",
        "it also has yearly, maxage: put into a file of another name",
    ),
]


@pytest.mark.parametrize(("path", "text", "named"), FOREIGN, ids=["cron", "logrotate"])
def test_a_copy_is_kept(
    fermium: Mailman21Server, controller: Controller, proved: Proved, path: str, text: str, named: str
) -> None:
    run = ("playbooks/site.yml", "--tags=mailman")
    ours = fermium.ask("read", path=path)

    def copies() -> set[str]:
        return set(fermium.run("sh", "-c", f"ls {path}.*~")["out"].split())

    # of a real Mailman 2.1 that was there before
    before = copies()
    try:
        fermium.ask("write", path=path, text=text)
        fermium.check("chmod", "0640", path)
        sentence = f"{path} was somebody else's, and is kept in {path}."
        for options in (["--check"], []):
            shown = json.dumps(results(controller.playbook(*run, "--diff", *options), controller.host))
            assert sentence in shown and named in shown and "zqx" not in shown
            assert len(copies() - before) == (0 if options else 1)
        (copy,) = copies() - before
        assert fermium.ask("read", path=copy) == text
        assert fermium.check("stat", "-c", "%a %U:%G", copy).strip() == "640 root:root"
        assert fermium.ask("read", path=path) == ours
        assert changed(controller.playbook(*run), controller.host) == 0
        assert copies() == before | {copy}
    finally:
        fermium.run("rm", "-f", *(copies() - before))
        fermium.ask("write", path=path, text=ours)
        fermium.check("chmod", "0644", path)
    proved(f"what somebody else wrote is kept beside ours: {path}", "1 copy, its mode and owner")


def test_what_root_starts_and_writes_is_roots_alone(fermium: Mailman21Server, proved: Proved) -> None:
    """Mailman's group could write to these folders; its program and its cron jobs run as its user."""
    folders = ["/usr/lib/mailman", "/usr/lib/mailman/bin", "/usr/lib/mailman/Mailman", "/etc/mailman"]
    found = [line.split() for line in fermium.check("stat", "-c", "%U %G %a", *folders).splitlines()]
    # root's own group may write, as a folder made with umask 002 lets it
    loose = [(user, group, mode) for user, group, mode in found if int(mode, 8) & (0o002 if group == "root" else 0o022)]
    assert len(found) == len(folders) and not loose and {user for user, _group, _mode in found} == {"root"}, found
    assert fermium.check("systemctl", "show", "--property=User", "--value", "mailman").strip() in ("list", "")
    masters = fermium.processes("mailmanctl")
    assert {fermium.user(item["uid"]) for item in masters} == {"list"}, masters
    proved("folders from which root or cron start something are root's alone", f"{len(found)} folders")


def test_it_comes_back_after_a_power_cut(fermium: Mailman21Server, outside: Outside, word: str, proved: Proved) -> None:
    if fermium.moves_mail:
        assert outside.send(site.ALICE, site.PUBLIC, f"before {word}").accepted
    fermium.lose_power()
    outside.knows("sodium", fermium.address())
    eventually(lambda: fermium.is_active("mailman"), "Mailman runs again")
    eventually(lambda: fermium.ask("listening", host="127.0.0.1", port=25), "Exim runs again")
    assert fermium.check("stat", "-c", "%a %U:%G", "/run/lock/mailman").strip() == "2775 root:list"
    assert outside.send(site.ALICE, site.PUBLIC, f"after {word}").accepted
    if fermium.moves_mail:
        for when in ("before", "after"):
            copies = outside.mailbox(site.BOB)
            copies.wait_for(f"{when} {word}")
            assert len(copies.all(f"{when} {word}")) == 1
    proved("after a power cut everything runs and no mail is lost", "directory of locks made again")
