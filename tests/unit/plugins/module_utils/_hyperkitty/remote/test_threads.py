# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which threads mails go. What the database makes of it is proved on a host (tests/proof/modules/test_migrate_archive.py)."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.parse import Parsed
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.remote.threads import assign_threads
from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import message_id_hash

NOON = datetime(2004, 5, 6, 12, tzinfo=UTC)


def mail(message_id: str, in_reply_to: str | None = None) -> Parsed:
    return Parsed(message_id, "a@example.com", "A", "Subject", "Text", NOON, 0, NOON, in_reply_to, [], [])


def test_a_mail_that_answers_nothing_begins_a_thread_of_its_name():
    assert assign_threads([mail("a@x")], {}) == ({"a@x": message_id_hash("a@x")}, {})


def test_an_answer_to_a_mail_that_nobody_has_begins_a_thread():
    assert assign_threads([mail("a@x", "gone@x")], {}) == ({"a@x": message_id_hash("a@x")}, {})


def test_an_answer_goes_into_the_thread_of_what_it_answers_in_the_archive():
    assert assign_threads([mail("a@x", "there@x")], {"there@x": (7, 3)}) == ({"a@x": 3}, {})


def test_answers_among_new_mails_go_where_the_first_of_them_goes():
    rows = [mail("a@x", "there@x"), mail("b@x", "a@x"), mail("c@x", "b@x"), mail("d@x"), mail("e@x", "d@x")]
    new = message_id_hash("d@x")
    threads = {"a@x": 3, "b@x": 3, "c@x": 3, "d@x": new, "e@x": new}
    assert assign_threads(rows, {"there@x": (7, 3)}) == (threads, {"b@x": "a@x", "c@x": "b@x", "e@x": "d@x"})


def test_an_answer_before_what_it_answers_begins_a_thread_until_it_is_adopted():
    rows = [mail("b@x", "a@x"), mail("a@x")]
    assert assign_threads(rows, {}) == ({"b@x": message_id_hash("b@x"), "a@x": message_id_hash("a@x")}, {})
