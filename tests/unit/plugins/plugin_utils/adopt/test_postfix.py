# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils import _configuration as configuration
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import exim, former_names, postfix
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

VIRTUAL = "/etc/postfix/virtual"
MAIN = """# comment
myhostname = host.example.org
mydestination = $myhostname, localhost
    mail.example.org lists.example.org $mydomain
virtual_alias_maps = hash:/etc/postfix/virtual
    hash:/var/lib/mailman/data/virtual-mailman
# between
relayhost = [mx.example.org]:587
mynetworks = 127.0.0.0/8 [::1]/128 192.0.2.0/24, [2001:db8::]/32 !192.0.2.9 hash:/etc/postfix/networks
relay_domains = $mydestination
"""


def adopted(**files: str) -> tuple[Found, Names]:
    found, names = Found(), Names(["new@lists.example.org"], ["lists.example.org"], "mailman21")
    said = {postfix.MAIN: MAIN, **files}
    postfix.read(said, names, found)
    exim.read(said, names, found)
    return found, names


def test_what_exim_has_variables_for() -> None:
    assert adopted()[0].variables == {
        "exim_smarthost": "mx.example.org:587",
        "exim_relay_from_hosts": ["192.0.2.0/24", "2001:db8::/32"],
        "exim_system_domains": ["@", "localhost", "host.example.org", "mail.example.org"],
    }


def test_former_names_in_tables_of_aliases() -> None:
    found, names = adopted(
        **{
            VIRTUAL: "old@lists.example.org new@lists.example.org\nwebteam@lists.example.org somebody@example.net\n",
            "/var/lib/mailman/data/virtual-mailman": "new@lists.example.org new\n",
        }
    )
    entries, _said = former_names.entries(names)
    assert entries["new@lists.example.org"]["renamed_from"] == ["old"]
    assert list(found.notes) == [VIRTUAL] and "webteam" in found.notes[VIRTUAL][0]


def test_tables_of_aliases_are_read() -> None:
    assert list(configuration.named(postfix.MAIN, MAIN)) == [VIRTUAL, "/etc/postfix/networks"]


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    adopted(**{postfix.MAIN: text, VIRTUAL: text})
    adopted(**{postfix.MAIN: MAIN + text})
