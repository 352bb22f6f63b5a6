# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which addresses Exim forwards while lists move."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch import routes

TALK, BOARD = "talk@lists.example.org", "board@lists.example.org"


def test_a_list_has_all_of_its_addresses() -> None:
    found = routes.addresses("Talk@Lists.example.org", [])
    assert len(found) == 10 and found[0] == TALK
    assert {"talk-request@lists.example.org", "talk-bounces@lists.example.org"} < set(found)


def test_a_list_that_is_called_as_an_address_of_another_one_keeps_its_own() -> None:
    admin = "talk-admin@lists.example.org"
    assert admin not in routes.addresses(TALK, [TALK, admin])
    lines = routes.lines({TALK: "new.example.org"}, {TALK, admin})
    assert not any(line.startswith(f"{admin}:") for line in lines)
    assert "talk-admin-request@lists.example.org: x" in routes.lines({admin: "x"}, {TALK, admin})


def test_bounces_and_confirmations_of_anybody_have_one_line() -> None:
    assert routes.key("Talk-bounces+a=b.org@lists.example.org") == "talk-bounces@lists.example.org"
    assert routes.key("talk-confirm+0f3c@lists.example.org") == "talk-confirm@lists.example.org"
    # such a list may be there
    assert routes.key("dev.ops+test@lists.example.org") == "dev.ops+test@lists.example.org"


def test_the_file_names_the_server_of_each_list() -> None:
    lines = routes.lines({TALK: "2001:db8::1", BOARD: routes.WAIT}, {TALK, BOARD})
    assert len(lines) == 20 and lines == sorted(lines)
    assert "talk@lists.example.org: 2001::db8::::1" in lines and "board-join@lists.example.org: wait" in lines
