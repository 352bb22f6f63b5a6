# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in an archive already is not put there again."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.returned import bare, ids_in_mbox

MBOX = b"""\
From a@example.org  Mon Nov 30 04:00:00 2026
Message-ID: <one@example.org>
Subject: One

Message-ID: <text@example.org>

From b@example.org  Mon Nov 30 04:00:00 2026
Subject: Two
message-id:
\t<two@example.org>
X-More: <more@example.org>

From c@example.org  Mon Nov 30 04:00:00 2026
Message-Id: <three (of\xe9) @example.org>

"""


def test_message_ids_of_a_mailbox_are_those_of_its_heads(tmp_path: Path) -> None:
    (tmp_path / "mbox").write_bytes(MBOX)
    found = ids_in_mbox(str(tmp_path / "mbox"))
    assert found == {"one@example.org", "two@example.org", "threeof\xe9@example.org"}
    assert ids_in_mbox(str(tmp_path / "none")) == set()


@pytest.mark.parametrize(
    ("given", "kept"),
    [("<a@b>", "a@b"), (" <a @b>\n", "a@b"), (b"<a@b>", "a@b"), (None, ""), ("x" * 300, "x" * 254)],
)
def test_a_message_id_is_as_hyperkitty_has_it(given: object, kept: str) -> None:
    assert bare(given) == kept
