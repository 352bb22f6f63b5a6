# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that somebody else had set up: what a run would take away it refuses, or names and keeps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from support import site
from support.controller import Controller, changed, results
from support.mail_server import MailServer
from support.proved import Proved

SITE = "playbooks/site.yml"
CERTBOT = f"""<VirtualHost *:443>
 ServerName www.example.org
 ServerAlias {site.DOMAIN}
</VirtualHost>
"""
MTA = """set -eu
mkdir -p /run/mta/DEBIAN /var/spool/nullmailer/queue
printf 'Package: nullmailer\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.org>\\n' > /run/mta/DEBIAN/control
echo 'Provides: mail-transport-agent' >> /run/mta/DEBIAN/control
echo 'Description: stands in for another mail server' >> /run/mta/DEBIAN/control
dpkg-deb --build /run/mta /run/mta.deb > /dev/null
# it stands beside Exim, which no other mail server does
dpkg --force-conflicts --install /run/mta.deb > /dev/null
touch /var/spool/nullmailer/queue/1.1 /var/spool/nullmailer/queue/1.2
"""
LISTENER = (
    "import socket, time; s = socket.create_server(('0.0.0.0', 80)); print('listens', flush=True); time.sleep(600)"
)


def said(controller: Controller, *options: str) -> str:
    return json.dumps(results(controller.playbook(SITE, *options)))


def refused_in_both(controller: Controller, fermium: MailServer, *options: str) -> str:
    """What is said in check mode, which is said without it, too; nothing is touched."""
    before = fermium.check("sh", "-c", "find /etc -newer /proc/self/stat -type f")
    told = controller.stopped(SITE, *options, "--check")
    assert controller.stopped(SITE, *options) == told
    assert fermium.check("sh", "-c", "find /etc -newer /proc/self/stat -type f") == before
    return told


def test_another_mail_server_is_not_removed(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    fermium.check("sh", "-c", MTA)
    try:
        told = refused_in_both(controller, fermium, "--tags=exim")
        assert told == (
            "exim_replace_mail_server is false, and the mail server of fermium is nullmailer, with 2 messages in "
            "/var/spool/nullmailer/queue: give true to have it removed, when its queue is empty or may stay unsent."
        )
    finally:
        fermium.run("dpkg", "--purge", "nullmailer")
        fermium.run("rm", "-rf", "/run/mta", "/run/mta.deb", "/var/spool/nullmailer")
    proved("another mail server is not removed until that is said", "nullmailer, 2 messages")


def test_who_has_the_port_is_named(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    fermium.systemctl("stop", "apache2")
    try:
        fermium.check("systemd-run", "--quiet", "--unit=nginx", "/usr/bin/python3", "-c", LISTENER)
        fermium.becomes(lambda: fermium.ask("listening", host="127.0.0.1", port=80), "the port is taken")
        told = refused_in_both(controller, fermium, "--tags=apache")
        assert (
            "and python3 (pid " in told
            and ", nginx.service) has port 80 on fermium: give a host where Apache can" in told
        )
    finally:
        fermium.run("systemctl", "stop", "nginx")
        fermium.systemctl("start", "apache2")
    proved("who has a port of ours is named", told.partition(", and ")[2].partition(" on fermium")[0])


@pytest.mark.parametrize("name", ["000-default-le-ssl", "zz-hand-made"])
def test_another_site_of_our_name(fermium: MailServer, controller: Controller, proved: Proved, name: str) -> None:
    file = f"/etc/apache2/sites-enabled/{name}.conf"
    fermium.ask("write", path=file, text=CERTBOT)
    disable = f"--extra-vars={json.dumps({'apache_disabled_sites': [name]})}"
    try:
        told = refused_in_both(controller, fermium, "--tags=apache")
        assert told.startswith(
            f'apache_server_name or apache_server_aliases has "{site.DOMAIN}", and line 1 of {file} has {site.DOMAIN} on port 443, too:'
        )
        assert changed(controller.playbook(SITE, "--tags=apache", disable)) > 0
        # the only one there was
        assert fermium.check("cat", f"/etc/apache2/sites-available/{name}.conf") == CERTBOT
        assert fermium.run("test", "-e", file)["rc"] == 1
        assert changed(controller.playbook(SITE, "--tags=apache", disable)) == 0
    finally:
        fermium.run("rm", "-f", file, f"/etc/apache2/sites-available/{name}.conf")
        controller.playbook(SITE, "--tags=apache")
    proved("another site of our name is named with file and line, and disabled when that is said", f"{name}, line 1")


def test_another_database_is_not_left(fermium: MailServer, controller: Controller, proved: Proved) -> None:
    heritage = "/var/lib/mailman3/data/heritage.db"
    cfg = "/etc/mailman3/mailman.cfg"
    ours = fermium.check("cat", cfg)
    theirs = "\n".join(
        line
        for line in ours.splitlines()
        if not line.startswith(("[meta]", "extends:", "url:", "pending_request_life:"))
    )
    theirs = theirs.replace("[database]\n", f"[database]\nurl: sqlite:///{heritage}\n")
    theirs = (
        theirs.replace("[mailman]\n", "[mailman]\npending_request_life: 9d\n", 1) + "\n[webservice]\nadmin_pass: zqx\n"
    )
    assert heritage in theirs
    fermium.check("cp", "--preserve", "/var/lib/mailman3/data/mailman.db", heritage)
    fermium.check("sh", "-c", f"cat > {cfg} <<'E'\n{theirs}E\n")
    allow = "--extra-vars=mailman_abandon_database=true"
    try:
        told = refused_in_both(controller, fermium, "--tags=mailman")
        assert f"{cfg} has the database sqlite:///{heritage}, with " in told and " lists: move what is in it" in told
        shown = json.dumps(controller.playbook(SITE, "--tags=mailman", "--diff", allow))
        assert "also sets [mailman] pending_request_life: put into mailman_settings" in shown and "zqx" not in shown
        copies = fermium.check("sh", "-c", f"ls {cfg}.*~").split()
        assert len(copies) == 1 and fermium.check("cat", copies[0]) == theirs
        assert fermium.check("stat", "-c", "%a %U %G", copies[0]).split() == ["640", "root", "list"]
        assert fermium.check("cat", cfg) == ours
        # ours is no copy worth
        assert changed(controller.playbook(SITE, "--tags=mailman")) == 0
        assert fermium.check("sh", "-c", f"ls {cfg}.*~").split() == copies
    finally:
        fermium.run("sh", "-c", f"rm -f {heritage} {cfg}.*~; cat > {cfg} <<'E'\n{ours}E\n")
        controller.playbook(SITE, "--tags=mailman")
    proved(
        "a database with lists in it is not left out of view; settings are named, a copy is kept", "1 copy, mode 640"
    )


# The web interface of somebody else who had the same database.
WEB_SETTINGS = """DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "/var/lib/mailman3/web/mailman3web.db"}}
SECRET_KEY = "zqx"
PASSWORD_RESET_TIMEOUT = 4321
"""
SPAMD = "/etc/systemd/system/spamd.service.d/listops.conf"
# tag, file, what somebody else wrote, what is said of that, and the file of ours, if another, that says whether a run was here before
CONFIGURED: list[tuple[str, str, str, str, str]] = [
    (
        "exim",
        "/etc/exim4/exim4.conf",
        "dns_csa_search_limit = 3\nbegin routers\nodd_router:\n driver = accept\n",
        "odd_router",
        "",
    ),
    (
        "apache",
        "/etc/apache2/sites-available/mailman.conf",
        "<VirtualHost *:80>\n ServerName lists.example.org\n Alias /wiki /srv/wiki\n SetEnv KEY zqx\n</VirtualHost>\n",
        "Alias /wiki",
        "",
    ),
    (
        "mailman",
        "/etc/mailman3/mailman-hyperkitty.cfg",
        "[general]\nbase_url: http://127.0.0.1:8008/archives/\napi_key: zqx\n",
        "mailman-hyperkitty.cfg",
        "",
    ),
    (
        "mailman",
        "/etc/mailman3/mailman-web.py",
        WEB_SETTINGS,
        "The present configuration also sets PASSWORD_RESET_TIMEOUT: put into",
        "",
    ),
    (
        "spamassassin",
        "/etc/spamassassin/local.cf",
        "required_score 4\nscore ODD_RULE 3.0\nbayes_sql_password zqx\n",
        "score ODD_RULE",
        SPAMD,
    ),
]


def copies_below_etc(fermium: MailServer) -> set[str]:
    return set(fermium.check("find", "/etc", "-type", "f", "-name", "*.????????~").split())


@pytest.mark.parametrize(
    ("tag", "path", "text", "named", "mark"), CONFIGURED, ids=[entry[1].rpartition("/")[2] for entry in CONFIGURED]
)
def test_a_copy_is_kept(
    fermium: MailServer,
    controller: Controller,
    proved: Proved,
    tag: str,
    path: str,
    text: str,
    named: str,
    mark: str,
) -> None:
    ours = fermium.check("cat", path)
    owner = fermium.check("stat", "-c", "%a %U %G", path)
    before = copies_below_etc(fermium)
    try:
        fermium.check("sh", "-c", f"cat > {path} <<'E'\n{text}E\nrm -f {mark}")
        shown = said(controller, f"--tags={tag}", "--diff")
        # what else the mark stands for may have a copy, too
        copies = [copy for copy in copies_below_etc(fermium) - before if copy.startswith(f"{path}.")]
        assert len(copies) == 1 and fermium.check("cat", copies[0]) == text
        assert fermium.check("stat", "-c", "%a %U %G", copies[0]) == owner
        assert f"{path} was somebody else's, and is kept in {copies[0]}" in shown and named in shown
        assert "zqx" not in shown
        assert fermium.check("cat", path) == ours
        assert changed(controller.playbook(SITE, f"--tags={tag}")) == 0
    finally:
        fermium.run("rm", "-f", *(copies_below_etc(fermium) - before))
        fermium.run("sh", "-c", f"cat > {path} <<'E'\n{ours}E\n")
        controller.playbook(SITE, f"--tags={tag}")
    proved(f"what somebody else wrote is kept beside ours: {path}", "1 copy")


# An override.conf is what `systemctl edit` writes.
DROP_INS = [
    (
        "mailman",
        "mailman3-web.service",
        "listops.conf",
        "[Service]\nTimeoutStartSec=301\nNice=0\n# zqx\n",
        "TimeoutStartSec",
    ),
    ("spamassassin", "spamd.service", "listops.conf", "[Service]\nNice=19\n", "Nice"),
    (
        "apache",
        "mailman3-web.service",
        "archive-access.conf",
        "[Service]\nEnvironment=PYTHONPATH=/usr/local/lib/listops-archive-access:/zqx\n",
        "Environment PYTHONPATH",
    ),
]


@pytest.mark.parametrize(("tag", "unit", "ours", "text", "named"), DROP_INS, ids=[entry[0] for entry in DROP_INS])
def test_a_later_drop_in_is_named(
    fermium: MailServer, controller: Controller, proved: Proved, tag: str, unit: str, ours: str, text: str, named: str
) -> None:
    folder = f"/etc/systemd/system/{unit}.d"
    sentence = f"{folder}/override.conf is read after {folder}/{ours}, and changes its {named}: take out there"
    try:
        assert sentence not in said(controller, f"--tags={tag}", "--check")
        fermium.check("sh", "-c", f"printf '{text}' > {folder}/override.conf")
        for options in ([], ["--check"]):
            shown = said(controller, f"--tags={tag}", *options)
            assert shown.count(sentence) == 1
            # The value may be a password. What systemd itself says of a restarted unit is not ours.
            assert "zqx" not in shown[shown.index(sentence) :].partition('"}')[0]
        assert fermium.check("cat", f"{folder}/override.conf") == text
    finally:
        fermium.run("rm", "-f", f"{folder}/override.conf")
        controller.playbook(SITE, f"--tags={tag}")
    proved(f"a drop-in of somebody else's that is read after ours is named: {unit}", named)


@pytest.mark.parametrize(
    "unit", ["/etc/systemd/system/var-spool-exim4-scan.mount", "/run/systemd/system/var-spool-exim4-scan.automount"]
)
def test_a_unit_that_mounts_there_is_named(
    fermium: MailServer, controller: Controller, proved: Proved, unit: str
) -> None:
    try:
        fermium.check(
            "sh", "-c", f"printf '[Mount]\\nWhat=UUID=1-2\\nWhere=/var/spool/exim4/scan\\nType=ext4\\n' > {unit}"
        )
        told = refused_in_both(controller, fermium, "--tags=spool_tmpfs")
        assert "spool_tmpfs_mounts has " in told and f"{unit} mounts one of them: give another directory" in told
    finally:
        fermium.check("rm", "-f", unit)
    proved(f"a unit that mounts there is named: {unit}", "refused, check mode too")


def test_what_debian_made_exims_configuration_of_is_named_once(
    fermium: MailServer, controller: Controller, proved: Proved
) -> None:
    """Nobody reads it once exim4.conf is there."""
    path, ours = "/etc/exim4/update-exim4.conf.conf", "/etc/exim4/exim4.conf"
    before, kept = fermium.check("cat", path), fermium.check("cat", ours)
    sentence = "update-exim4.conf.conf sets dc_smarthost, and is not read any more"
    try:
        fermium.check("sed", "-i", "s/^dc_smarthost=.*/dc_smarthost='zqx.example.net::587'/", path)
        assert sentence not in said(controller, "--tags=exim")
        fermium.check("rm", ours)
        shown = said(controller, "--tags=exim")
        assert sentence in shown and "zqx" not in shown
        assert fermium.check("cat", ours) == kept
    finally:
        fermium.run("sh", "-c", f"cat > {path} <<'E'\n{before}E\n")
        controller.playbook(SITE, "--tags=exim")
    proved("settings of Debian's Exim that nobody reads any more are named", "dc_smarthost")


def test_a_mount_however_it_is_written(
    fermium: MailServer, controller: Controller, server: Any, word: str, proved: Proved
) -> None:
    scan = "/var/spool/exim4/scan"
    spellings: list[Callable[[str], str]] = [lambda path: f"{path}/", lambda path: path.replace("/spool", "//spool/.")]
    fstab = fermium.check("cat", "/etc/fstab")
    others = [line for line in fstab.splitlines() if f" {scan} " not in line]
    try:
        for spelling in spellings:
            written = "\n".join([*others, f"tmpfs {spelling(scan)} tmpfs rw,size=1g 0 0"])
            fermium.check(
                "sh",
                "-c",
                f"umount {scan}; printf '%s\\n' '{written}' > /etc/fstab; mount -t tmpfs -o size=1g tmpfs {scan}",
            )
            controller.playbook(SITE, "--tags=spool_tmpfs")
            now = fermium.check("cat", "/etc/fstab")
            assert now.count("exim4/scan") == 1 and f" {scan} " in now
            assert {"nosuid", "nodev", "noexec"} <= set(server.mount_point(scan).options)
            assert changed(controller.playbook(SITE, "--tags=spool_tmpfs")) == 0
        fermium.check("sh", "-c", f"printf '%s\\n' 'UUID={word} {scan}/ ext4 defaults 0 2' >> /etc/fstab")
        told = refused_in_both(controller, fermium, "--tags=spool_tmpfs")
        assert f'spool_tmpfs_mounts has the path "{scan}", where UUID={word} (ext4) is mounted' in told
    finally:
        fermium.run("sh", "-c", f"cat > /etc/fstab <<'E'\n{fstab}E\n")
        controller.playbook(SITE, "--tags=spool_tmpfs")
    proved(
        "a mount of somebody else's is found however it is written; another file system is not covered",
        "2 ways, 1 refused",
    )


def test_lists_says_what_else_must_run(controller: Controller, proved: Proved) -> None:
    lists = [
        {"name": "new-name", "renamed_from": ["old-name"]},
        {"name": "quiet", "archive_policy": "private"},
        {"name": "stopped", "state": "disabled"},
    ]
    shown = json.dumps(
        results(
            controller.playbook(
                "playbooks/lists.yml", "--check", f"--extra-vars={json.dumps({'mailman_lists': lists})}"
            )
        )
    )
    assert f"old-name@{site.DOMAIN} is renamed to new-name@{site.DOMAIN}; " in shown
    for name, what in (("quiet", "private"), ("stopped", "closed"), ("old-announce", "not closed any more")):
        assert re.search(rf"\b{name}(?:@{re.escape(site.DOMAIN)})? is {what}\b", shown), shown
    assert ": run listops.mailman.site after this" in shown
    assert "run listops.mailman.site" not in json.dumps(results(controller.playbook("playbooks/lists.yml", "--check")))
    proved(
        "listops.mailman.lists says before a change what else must run", "renamed, private, closed, not closed any more"
    )
