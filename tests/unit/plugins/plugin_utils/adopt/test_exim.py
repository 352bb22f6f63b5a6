# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import exim, former_names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

LISTS = ["new@lists.example.org", "wikitech-l@lists.example.org", "news-owner@lists.example.org"]
DOMAINS = ["lists.example.org"]
# As the old runbook has it.
MONOLITHIC = r"""
CONFDIR = /etc/exim4
MAILMAN_LISTS_HOME = /var/lib/mailman
domainlist system_domains = @
domainlist mailman_domains = lists.example.org : mail.example.org
domainlist local_domains = +system_domains : +mailman_domains
smtp_accept_queue_per_connection = 100
remote_max_parallel = 50
message_size_limit = 20M
hide mysql_servers = localhost/db/user/hush

begin routers

aliases:
  driver = redirect
  domains = +mailman_domains
  data = ${lookup{$local_part}lsearch*{CONFDIR/aliases/$domain}}
  # comment
  qualify_preserve_domain

list:
  driver = accept
  domains = +mailman_domains
  require_files = MAILMAN_LISTS_HOME/lists/$local_part/config.pck
  transport = mailman

begin transports
mailman:
  driver = pipe

begin rewrite
older@lists.example.org  new@lists.example.org  Ttcfb
*@old.example.org  $1@lists.example.org
^.*@regex\.example\.org  $1@lists.example.org
"""


def adopted(
    files: dict[str, str], engine: str = "mailman21", domains: list[str] | None = None
) -> tuple[Found, dict[str, Any], Names]:
    found = Found()
    names = Names(LISTS, domains or DOMAINS, engine)
    exim.read(files, names, found)
    entries, said = former_names.entries(names)
    for path, sentence in said:
        found.note(path, sentence)
    return found, entries, names


def test_the_runbooks_configuration() -> None:
    aliases = (
        "# renamed\nold: new\nold-owner: new-owner@lists.example.org\nboth: new, wikitech-l\nwikitech-l: new\n"
        "staff: somebody@example.net\nodd-owner: news-owner\n"
    )
    found, renamed, names = adopted({exim.MONOLITHIC: MONOLITHIC, "/etc/exim4/aliases/lists.example.org": aliases})
    assert renamed["new@lists.example.org"] == {"renamed_from": ["old", "older"], "renamed_archives": "stay"}
    assert renamed["news-owner@lists.example.org"]["renamed_from"] == ["odd-owner"]
    assert found.variables == {
        "exim_smtp_accept_queue_per_connection": 100,
        "exim_message_size_limit": "20M",
        "exim_old_domains": ["mail.example.org", "old.example.org"],
    }
    said = found.notes["/etc/exim4/aliases/lists.example.org"]
    assert [sentence.partition("@")[0] for sentence in said[:2]] == ["both", "wikitech-l"]
    assert "these lead to no list: staff." in said[2] and len(said) == 3
    assert any("regex" in sentence for sentence in found.notes[exim.MONOLITHIC])
    assert "hush" not in str(found.notes)


@pytest.mark.parametrize(
    ("aliases", "old"),
    [
        ("old: new\n", ["old"]),
        ("OLD:   NEW@Lists.Example.org\n", ["old"]),
        ('"old": "new@lists.example.org"\n', ["old"]),
        ("old@lists.example.org: new\n", ["old"]),
        ("old: new,\n  wikitech-l\n", []),
        ("old: gone\n", []),
        ("old: |/usr/bin/program new\n", []),
        ("old: new@elsewhere.example\n", []),
        ("old: :fail: no such list\n", []),
        ("old-owner: new-owner\n", ["old"]),
        ("old: new-owner\n", []),
        ("old: new\nold-owner: wikitech-l-owner\n", []),
        ("wikitech-l-owner: new-owner\n", []),
        ("*: new\n", []),
        ("{{ x }}: new\n", []),
        ("caf\u00e9: new\n", []),
    ],
)
def test_only_what_is_certain_is_a_former_name(aliases: str, old: list[str]) -> None:
    _found, renamed, _names = adopted(
        {exim.MONOLITHIC: MONOLITHIC.partition("begin rewrite")[0], "/etc/exim4/aliases/lists.example.org": aliases}
    )
    assert renamed.get("new@lists.example.org", {}).get("renamed_from", []) == old


def test_debians_split_configuration() -> None:
    files = {
        exim.DEBCONF: (
            "dc_use_split_config='true'\ndc_eximconfig_configtype='smarthost'\ndc_other_hostnames='lists.example.org;host.example.org'\n"
            "dc_local_interfaces='127.0.0.1 ; ::1'\ndc_relay_nets='192.0.2.0/24'\ndc_smarthost='mx.example.org::587'\n"
        ),
        exim.PASSWORDS: "# comment\nmx.example.org:me:hush:hush\n",
        "/etc/exim4/conf.d/main/01_macros": ("domainlist local_domains = MAIN_LOCAL_DOMAINS\n"),
        "/etc/exim4/conf.d/router/400_aliases": (
            "system_aliases:\n  driver = redirect\n  domains = +local_domains\n  data = ${lookup{$local_part}lsearch{/etc/aliases}}\n"
        ),
        exim.ALIASES: "postmaster: root\nabuse: hotline@example.org\nold: new\n",
    }
    found, renamed, _names = adopted(files, "mailman3")
    assert renamed["new@lists.example.org"]["renamed_from"] == ["old"]
    assert found.variables == {
        "exim_smarthost": "mx.example.org:587",
        "exim_smarthost_user": "me",
        "exim_system_domains": ["@", "localhost", "host.example.org"],
        "exim_relay_from_hosts": ["192.0.2.0/24"],
        "exim_aliases": {"abuse": "hotline@example.org"},
    }
    assert found.secrets == {"exim_smarthost_password": "hush:hush"}


@pytest.mark.parametrize(
    ("target", "archives"),
    [
        ('"|/usr/bin/mhonarc -add -outdir /var/www/a"', True),
        ("| /usr/local/bin/hypermail -u", True),
        ("|/usr/bin/mhonarchive", False),
        ("mhonarc@example.org", False),
        ("|/usr/bin/vacation mhonarc", False),
    ],
)
def test_programs_that_archive(target: str, archives: bool) -> None:
    files = {exim.MONOLITHIC: MONOLITHIC, "/etc/exim4/aliases/lists.example.org": f"robot: {target}\n"}
    assert adopted(files)[2].external == ({"robot@lists.example.org"} if archives else set())


def test_a_list_of_domains_that_refers_to_another() -> None:
    files = {
        exim.DEBCONF: "dc_use_split_config='true'\ndc_other_hostnames='host.example.org'\n",
        "/etc/exim4/conf.d/main/01_macros": (
            "domainlist mm_domains = lists.example.org\ndomainlist local_domains = MAIN_LOCAL_DOMAINS : +mm_domains\n"
            "domainlist endless = +endless\n"
        ),
        "/etc/exim4/conf.d/router/400_aliases": (
            "system_aliases:\n  driver = redirect\n  domains = +local_domains : +endless\n"
            "  data = ${lookup{$local_part}lsearch{/etc/aliases}}\n"
        ),
        exim.ALIASES: "old: new@lists.example.org\n",
    }
    found, renamed, _names = adopted(files)
    assert renamed["new@lists.example.org"]["renamed_from"] == ["old"]
    # in the domain of the host's users it goes on as it is
    assert found.notes == {}


@pytest.mark.parametrize("path", [exim.AUTOGENERATED, exim.TEMPLATE])
def test_debians_other_configurations(path: str) -> None:
    text = MONOLITHIC + "qualify_domain = MAIN_QUALIFY_DOMAIN\n"
    found, renamed, _names = adopted(
        {exim.DEBCONF: "", path: text, "/etc/exim4/aliases/lists.example.org": "old: new\n"}
    )
    assert renamed["new@lists.example.org"]["renamed_from"] == ["old", "older"]
    assert found.variables["exim_message_size_limit"] == "20M" and "exim_qualify_domain" not in found.variables


def test_an_alias_in_whichever_domain_is_said() -> None:
    found, renamed, _names = adopted({exim.ALIASES: "old: new\npostmaster: root\n"}, "mailman3")
    assert renamed == {}
    assert "renamed_from: [old]" in found.notes[exim.ALIASES][0]


def test_a_domain_without_lists_is_an_old_one_on_mailman_21_only() -> None:
    config = {exim.MONOLITHIC: MONOLITHIC.partition("begin rewrite")[0]}
    assert adopted(config)[0].variables["exim_old_domains"] == ["mail.example.org"]
    found, _renamed, _names = adopted(config, "mailman3")
    assert "exim_old_domains" not in found.variables and "mail.example.org" in str(found.notes)
    found, _renamed, _names = adopted(config, "mailman21", [*DOMAINS, "b.example.org"])
    assert "exim_old_domains" not in found.variables and "mail.example.org" in str(found.notes)


def test_a_host_that_is_ours_already() -> None:
    config = (
        "# Mail server of a mailing-list host. Debian uses this file instead of the one it\n"
        "domainlist system_domains   = @ : localhost : example.org\ndomainlist relay_to_domains = \nlocal_interfaces = <; ::1 ; 192.0.2.9\n"
        "MAILMAN_GID        = daemon\nhostlist   relay_from_hosts = <; +loopback ; 192.0.2.1\nsmtp_accept_max     = 200\n"
        "  deny    message = This message scored $spam_score points of spam\n          condition = ${if >={$acl_m_score}{75} }\n"
        "begin routers\nsmarthost:\n  driver = manualroute\n  route_list = * mx.example.org::587\n"
    )
    files = {
        exim.MONOLITHIC: config,
        exim.RENAMED: "# Ansible managed\nold@lists.example.org: new@lists.example.org\n",
        exim.OLD_DOMAINS: "mail.example.org: lists.example.org\n",
        exim.ALIASES: (
            "# BEGIN ANSIBLE MANAGED BLOCK\npostmaster: ops\nabuse: ops\nroot: me@example.net\n# END ANSIBLE MANAGED BLOCK\nx: y\n"
        ),
        exim.LOGIN: "me\nhush\n",
    }
    found, renamed, _names = adopted(files, "mailman3")
    assert renamed == {"new@lists.example.org": {"renamed_from": ["old"], "renamed_archives": "stay"}}
    assert found.variables == {
        "exim_smtp_accept_max": 200,
        "exim_old_domains": ["mail.example.org"],
        "exim_postmaster": "ops",
        "exim_aliases": {"root": "me@example.net"},
        "exim_smarthost_user": "me",
        "exim_mailman_group": "daemon",
        "exim_system_domains": ["@", "localhost", "example.org"],
        "exim_local_interfaces": ["::1", "192.0.2.9"],
        "exim_relay_from_hosts": ["192.0.2.1"],
        "exim_smarthost": "mx.example.org:587",
        "exim_spam_action": "reject",
        "exim_spam_score_limit": 7.5,
    }
    assert found.secrets == {"exim_smarthost_password": "hush"}


def test_the_group_that_mailman_21_was_built_for() -> None:
    text = (
        "MAILMAN_HOME=/var/lib/mailman\nMAILMAN_WRAP=MAILMAN_HOME/mail/mailman\nMAILMAN_GROUP=daemon\nbegin transports\n"
        "procmail:\n  driver = pipe\n  command = /usr/bin/procmail\n  group = mail\n"
        "mailman:\n  driver = pipe\n  command = MAILMAN_WRAP \\\n    post $local_part\n  group = MAILMAN_GROUP\n"
    )
    assert adopted({exim.MONOLITHIC: text})[0].variables == {"exim_mailman_group": "daemon"}
    assert adopted({exim.MONOLITHIC: text}, "mailman3")[0].variables == {}
    assert adopted({exim.MONOLITHIC: text.replace("GROUP=daemon", "GROUP=list")})[0].variables == {}
    assert adopted({exim.MONOLITHIC: text.replace("GROUP=daemon", "GROUP=${lookup}")})[0].variables == {}


def test_lines_that_go_on_and_macros() -> None:
    config = exim.parse("A = x \\\n  # between\n  y\nlist = A\nB = A/B\nbegin routers\nr:\n  data = \\\n    ${if x}\n")
    assert config.macros["A"] == "x y"
    assert config.routers[0].options["data"] == "${if x}"
    assert exim.expanded("A", config.macros) == "x y"
    # Exim itself would refuse it; it does not go on for ever here.
    assert len(exim.expanded("B", {"B": "BB"})) < 100_000


@given(st.text(), st.text())
def test_any_text_is_read(config: str, aliases: str) -> None:
    adopted({exim.MONOLITHIC: config, exim.ALIASES: aliases, exim.RENAMED: aliases})
    adopted({exim.DEBCONF: config, exim.ALIASES: aliases})
    adopted({exim.MONOLITHIC: MONOLITHIC + config, "/etc/exim4/aliases/lists.example.org": aliases})


def test_a_domain_of_users_is_no_old_domain_of_lists() -> None:
    files = {
        exim.DEBCONF: "dc_use_split_config='true'\ndc_other_hostnames='mail.example.org'\n",
        "/etc/exim4/conf.d/main/x": "domainlist mm = lists.example.org : mail.example.org : old.example.org\n",
        "/etc/exim4/conf.d/router/x": "mailman:\n driver = accept\n domains = +mm\n transport = mailman\n",
    }
    found, _renamed, _names = adopted(files)
    assert found.variables == {
        "exim_system_domains": ["@", "localhost", "mail.example.org"],
        "exim_old_domains": ["old.example.org"],
    }
    assert "mail.example.org" in str(found.notes)
