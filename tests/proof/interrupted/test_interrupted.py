# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that stopped before its handlers is finished by the next one, which finds every file as it should be."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

SITE = "playbooks/site.yml"
SIZE = f"import smtplib; s = smtplib.SMTP('{site.DOMAIN}'); s.ehlo(); print(s.esmtp_features['size'])"


def said(variables: dict[str, Any]) -> str:
    return f"--extra-vars={json.dumps(variables)}"


def test_a_run_that_stops_in_the_middle(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    """mailman.cfg is written, then the web interface's settings are refused."""
    wanted = {"mailman_settings": {"bounces": {"register_bounces_every": "14m"}}}

    def in_force() -> str:
        return str(fermium.rest("GET", "system/configuration/bounces")["register_bounces_every"])

    before = in_force()
    try:
        refused = said({**wanted, "mailman_web_settings": {"MIDDLEWARE": ["no.such"]}})
        controller.playbook_fails(SITE, "--tags=mailman", refused)
        assert "14m" in fermium.check("cat", "/etc/mailman3/mailman.cfg") and in_force() == before
        controller.playbook(SITE, "--tags=mailman", said(wanted))
        assert in_force() == "14m"
        assert changed(controller.playbook(SITE, "--tags=mailman", said(wanted))) == 0
    finally:
        controller.playbook(SITE, "--tags=mailman")
    assert in_force() == before
    proved("a run stops after mailman.cfg: the next one restarts Mailman", f"{before} -> 14m")


def shown(fermium: MailServer, unit: str, of_what: str, pattern: str) -> str:
    """What systemd goes by."""
    found = re.search(pattern, fermium.check("systemctl", "show", f"--property={of_what}", "--value", unit))
    assert found, f"{unit} has no {pattern}"
    return found.group(1)


def queue_runs(fermium: MailServer) -> str:
    """How often the running daemon looks at the queue."""
    return " ".join(
        word for process in fermium.processes("exim4", "-q") for word in process["command"].split() if "-q" in word
    )


@dataclass(frozen=True)
class Part:
    """What a run may have left undone.

    tag: of the role. path: its file. again: makes the service what the file says. look: what the service does.
    meanwhile: happens between the runs, and does not make it so.
    """

    tag: str
    path: str
    again: str
    variables: dict[str, Any]
    look: Callable[[MailServer, Outside], object]
    meanwhile: str = "true"


PARTS = {
    "Exim": Part(
        "exim",
        "/etc/exim4/exim4.conf",
        "systemctl reload exim4",
        {"exim_message_size_limit": "7M"},
        lambda _fermium, outside: outside.check("python3", "-c", SIZE).strip(),
    ),
    "Exim's queue runner": Part(
        "exim",
        "/etc/default/exim4",
        "systemctl restart exim4",
        {"exim_queue_interval": "7m"},
        lambda fermium, _outside: queue_runs(fermium),
        meanwhile="systemctl reload exim4; sleep 1",
    ),
    "Apache": Part(
        "apache",
        "/etc/apache2/sites-available/mailman.conf",
        "systemctl reload apache2",
        {"apache_redirects": [{"from": "/moved", "to": "/mailman3/"}]},
        lambda _fermium, outside: outside.get(f"https://{site.DOMAIN}/moved").status,
    ),
    "the web interface": Part(
        "mailman",
        "/etc/mailman3/listops-uwsgi.ini",
        "systemctl restart mailman3-web",
        {"mailman_web_processes": 3},
        lambda fermium, _outside: len(fermium.processes("uwsgi", "listops-uwsgi.ini")),
    ),
    "the archive access": Part(
        "apache",
        "/etc/systemd/system/mailman3-web.service.d/archive-access.conf",
        "systemctl daemon-reload; systemctl restart mailman3-web",
        {"_apache_access_dir": "/usr/local/lib/another"},
        lambda fermium, _outside: shown(fermium, "mailman3-web.service", "Environment", r"PYTHONPATH=(\S+)"),
        meanwhile="systemctl restart mailman3-web",
    ),
    "the timer of dumps": Part(
        "backup",
        "/etc/systemd/system/listops-dump.timer",
        "systemctl daemon-reload; systemctl restart listops-dump.timer",
        {"backup_on_calendar": "*-*-* 03:33:00"},
        lambda fermium, _outside: shown(fermium, "listops-dump.timer", "TimersCalendar", r"OnCalendar=\S+ (\S+)"),
    ),
    "the timer of rules": Part(
        "spamassassin",
        "/etc/systemd/system/spamassassin-maintenance.timer.d/listops.conf",
        "systemctl daemon-reload; systemctl restart spamassassin-maintenance.timer",
        {"spamassassin_update_on_calendar": "*-*-* 03:33:00"},
        lambda fermium, _outside: shown(
            fermium, "spamassassin-maintenance.timer", "TimersCalendar", r"OnCalendar=\S+ (\S+)"
        ),
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_a_service_that_was_not_told(
    fermium: MailServer, outside: Outside, controller: Controller, name: str, proved: Proved
) -> None:
    """The file of a run that was killed before its handlers, and the service of before."""
    part = PARTS[name]
    run = (SITE, f"--tags={part.tag}", said(part.variables))
    old, before = fermium.check("cat", part.path), part.look(fermium, outside)
    try:
        controller.playbook(*run)
        new, after = fermium.check("cat", part.path), part.look(fermium, outside)
        assert after != before
        fermium.ask("write", path=part.path, text=old)
        fermium.check("sh", "-e", "-c", part.again)
        # systemd shows whole seconds
        time.sleep(2)
        fermium.ask("write", path=part.path, text=new)
        fermium.check("sh", "-e", "-c", part.meanwhile)
        assert part.look(fermium, outside) == before, "it was told"
        controller.playbook(*run)
        assert part.look(fermium, outside) == after
        assert changed(controller.playbook(*run)) == 0
    finally:
        controller.playbook(*run[:2])
    assert part.look(fermium, outside) == before
    proved(f"a run is killed before it tells {name}: the next one does", f"{before} -> {after}")


def test_the_web_interface_is_not_told_its_name(
    fermium: MailServer, outside: Outside, controller: Controller, word: str, proved: Proved
) -> None:
    """It is in the database, and each process keeps what it once read."""
    run = (SITE, "--tags=mailman", said({"mailman_web_site_name": word}))

    def called() -> set[bool]:
        """Whether it calls itself so; every process is asked."""
        pages = [outside.get(f"https://{site.DOMAIN}/mailman3/hyperkitty/").text for _turn in range(20)]
        return {word in page for page in pages}

    assert called() == {False}
    try:
        fermium.systemctl("mask", "--runtime", "mailman3-web")
        try:
            controller.playbook_fails(*run)
        finally:
            fermium.systemctl("unmask", "--runtime", "mailman3-web")
        assert called() == {False}, "it was told"
        controller.playbook(*run)
        assert called() == {True}
        assert changed(controller.playbook(*run)) == 0
    finally:
        controller.playbook(*run[:2])
    assert called() == {False}
    proved("a run stops before it tells the web interface its new name: the next one does", "asked 20 times")


SLOW = """set -e
mkdir -p /run/slow/DEBIAN && cd /run
printf 'Package: listops-slow\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\nDescription: x\\n' > slow/DEBIAN/control
printf '#!/bin/sh\\ntest -e /run/fast || exec sleep 3600\\n' > slow/DEBIAN/postinst
chmod 755 slow/DEBIAN/postinst
dpkg-deb --build slow > /dev/null
dpkg --install slow.deb > /dev/null 2>&1 &
until pgrep -f '^sleep 3600$' > /dev/null; do sleep 0.1; done
kill -KILL $!
pkill -KILL -f '^sleep 3600$'
touch /run/fast
"""
POLICY = "#!/bin/sh\nexit 101\n"


def test_a_host_goes_down_while_packages_are_installed(
    fermium: MailServer, controller: Controller, proved: Proved
) -> None:
    """dpkg is killed, and so is the module that forbade packages to start anything."""

    def state() -> str:
        return str(fermium.run("dpkg-query", "--show", "--showformat=${Status}", "listops-slow")["out"])

    path = "/usr/sbin/policy-rc.d"
    try:
        fermium.check("sh", "-c", SLOW)
        fermium.ask("write", path=path, text=POLICY)
        assert "half-configured" in state()
        assert "dpkg was interrupted" in fermium.run("apt-get", "install", "--yes", "listops-slow")["err"]
        controller.playbook(SITE, "--tags=mailman")
        assert state() == "install ok installed" and fermium.run("test", "-e", path)["rc"] == 1
        assert changed(controller.playbook(SITE, "--tags=mailman")) == 0
        # somebody else's
        fermium.ask("write", path=path, text=POLICY.replace("\n", "\n# not now\n", 1))
        assert changed(controller.playbook(SITE, "--tags=mailman")) == 0
    finally:
        fermium.check("sh", "-c", f"rm -f {path}; dpkg --purge listops-slow; rm -rf /run/slow* /run/fast")
    proved("a host goes down while packages are installed: the next run finishes them", "half-configured -> installed")


def test_what_was_there_before_is_not_shown(
    fermium: MailServer, controller: Controller, word: str, proved: Proved
) -> None:
    """An adopted server, whose first run stopped in the middle: the secrets are there, and the old files, too."""
    path, last = "/etc/mailman3/mailman.cfg", "/etc/systemd/system/mailman3-web.service.d/listops.conf"
    run = (SITE, "--tags=mailman", "--diff")
    ours = fermium.check("cat", path)
    fermium.check("rm", last)
    fermium.ask("write", path=path, text=f"{ours}\n[webservice]\nadmin_pass: {word}\n")
    assert word not in json.dumps(controller.playbook(*run)), "an old password was shown"
    assert fermium.check("cat", path) == ours
    fermium.ask("write", path=path, text=f"{ours}\n# {word}\n")
    assert word in json.dumps(controller.playbook(*run)), "a difference to a file of ours is not shown"
    proved("an adopted server whose first run stopped: no old password in a difference", "hidden, then shown")


def test_a_password_among_settings_is_not_shown(
    fermium: MailServer, controller: Controller, word: str, proved: Proved
) -> None:
    run = (SITE, "--tags=mailman", "--diff")
    providers = {"github": {"APP": {"client_id": "x", "secret": word}}}
    given = {"mailman_web_settings": {"SOCIALACCOUNT_PROVIDERS": providers, "PAGINATE_BY": 7}}
    given["mailman_settings"] = {"mta": {"smtp_pass": word, "max_recipients": 11}}
    put = controller.playbook(*run, said(given))
    try:
        assert fermium.rest("GET", "system/configuration/mta")["smtp_pass"] == word
        know = "from django.conf import settings; print(settings.SOCIALACCOUNT_PROVIDERS, settings.PAGINATE_BY)"
        assert word in fermium.manage("shell", "-c", know)
        assert changed(controller.playbook(*run, said(given))) == 0
    finally:
        back = controller.playbook(*run)
    assert word not in json.dumps(put) + json.dumps(back), "it was shown"
    assert '"PAGINATE_BY": 7' in json.dumps(put["plays"]).replace("\\", ""), "another setting is not shown"
    proved("a password among settings: in force, in no difference", "smtp_pass, SOCIALACCOUNT_PROVIDERS")
