# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import foreign, host_variables

NAME = "lists.example.org"
SITE = "<VirtualHost *:80>\nServerName {0}\nServerAlias x {1}\n</VirtualHost>\n"


def said(
    path: str, text: str = "x", engine: str = "mailman3", packaged: tuple[str, ...] = (), **more: str
) -> list[str]:
    notes = list(foreign.notes({path: text, **more}, packaged, (), NAME, engine))
    assert all(where == path for where, _sentence in notes)
    return [sentence for _where, sentence in notes]


@pytest.mark.parametrize(
    ("path", "engine", "variable"),
    [
        ("/etc/mailman3/mailman.cfg", "mailman3", "mailman_settings"),
        ("/etc/mailman3/mailman-web.py", "mailman3", "mailman_web_settings"),
        ("/etc/mailman/mm_cfg.py", "mailman21", "mailman_mm_cfg"),
        ("/etc/exim4/exim4.conf", "mailman3", "exim_main_settings"),
        ("/etc/exim4/exim4.conf.template", "mailman3", "exim role"),
        ("/etc/exim4/system_filter", "mailman21", "exim_privacy_filter"),
        ("/etc/spamassassin/local.cf", "mailman21", "spamassassin_rules"),
        ("/etc/spamassassin/mine.cf", "mailman21", "stays"),
        ("/etc/cron.d/mailman", "mailman21", "mailman_cron_jobs"),
        ("/etc/cron.d/mailman3", "mailman3", "stays"),
        ("/var/spool/cron/crontabs/list", "mailman21", "twice"),
        ("/etc/systemd/system/mailman3.service.d/mine.conf", "mailman3", "stays"),
        ("/usr/local/lib/systemd/system/mailman.service", "mailman21", "drop-in"),
        ("/etc/logrotate.d/mailman", "mailman21", "copy"),
        ("/etc/apache2/sites-enabled/000-default.conf", "mailman3", "apache_disable_default_site"),
        ("/etc/apache2/sites-enabled/mailman.conf", "mailman3", "copy"),
    ],
)
def test_each_file_has_a_fate(path: str, engine: str, variable: str) -> None:
    (sentence,) = said(path, engine=engine)
    assert variable in sentence


def test_what_is_ours_or_of_a_package_is_not_said() -> None:
    assert said("/etc/exim4/conf.d/acl/00", packaged=("/etc/exim4/conf.d/acl/00",)) == []
    assert said("/etc/mailman3/mailman.cfg", "# Ansible managed\n[meta]\nextends: mailman-secrets.cfg\n") == []
    # Whatever ansible_managed is, our own marks stand.
    assert said("/etc/mailman3/mailman.cfg", "# by us\n[meta]\nextends: mailman-secrets.cfg\n") == []
    assert said("/etc/logrotate.d/listops-mailman") == []
    assert said("/etc/apache2/sites-enabled/mailman.conf", '    RedirectMatch temp "^/$" "/x"\n') == []
    assert said("/etc/mailman/mm_cfg.py", engine="mailman3") == []
    assert said("/etc/default/exim4") == []
    unit = "spamassassin-maintenance.service"
    text = (host_variables.ROLES / "spamassassin/files" / unit).read_text(encoding="utf-8")
    assert said("/etc/systemd/system/" + unit, text) == []
    assert said("/etc/systemd/system/" + unit, text + "Nice=1\n") != []


def test_a_link_to_mm_cfg_is_not_said_again() -> None:
    path = "/etc/mailman/mm_cfg.py"
    assert len(said(path, engine="mailman21", **{"/usr/lib/mailman/Mailman/mm_cfg.py": "x"})) == 1


def test_sites() -> None:
    path = "/etc/apache2/sites-enabled/old-lists.conf"
    assert "apache_disabled_sites has old-lists" in said(path, SITE.format(NAME.upper(), ""))[0]
    assert "apache_disabled_sites has old-lists" in said(path, SITE.format("a.example.org", NAME))[0]
    assert said(path, SITE.format("a.example.org", "")) == ["It stays as it is."]
    assert said("/etc/apache2/conf-enabled/security.conf") == []
    assert "holds for our site" in said("/etc/apache2/conf-enabled/mailman.conf", "ScriptAlias /cgi-bin/mailman/ /x")[0]


@pytest.mark.parametrize(
    ("more", "read"),
    [
        ({}, ["exim4.conf.template"]),
        ({"update-exim4.conf.conf": "dc_use_split_config='true'\n"}, ["conf.d/router/200_mine"]),
        ({"exim4.conf": "x"}, ["exim4.conf"]),
    ],
)
def test_what_exim_does_not_read_already_is_not_said(more: dict[str, str], read: list[str]) -> None:
    names = {"conf.d/router/200_mine": "x", "exim4.conf.template": "x", **more}
    files = {"/etc/exim4/" + name: text for name, text in names.items()}
    notes = foreign.notes(files, (), (), NAME, "mailman3")
    assert [path for path, _sentence in notes] == ["/etc/exim4/" + name for name in read]


def test_other_servers() -> None:
    notes = dict(foreign.notes({"/etc/nginx/sites-enabled/a": "x"}, (), ["postfix"], NAME, "mailman3"))
    assert "exim_replace_mail_server" in notes["/etc/postfix/main.cf"] and "80 or 443" in notes["/etc/nginx"]
    assert "what else it has, goes" in notes["/etc/postfix/main.cf"]
    assert list(dict(foreign.notes({}, (), ["opensmtpd"], NAME, "mailman3"))) == ["mail server"]
