# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import mailbox

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.module_utils._archives import mbox

FIRST = b"From a@example.org  Wed Nov 25 21:20:31 2026\nSubject: one\n\n"
SECOND = b"From b@example.org Thu Nov 26 01:02:03 +0100 2026\nX-Mailer: x\n\nbye\n\n"


def sound(data):
    return b"".join(mbox.sound(mbox.lines([data])))


@given(st.lists(st.binary(max_size=8).map(lambda data: data.replace(b"x", b"\n"))))
def test_lines_are_those_of_the_whole(parts):
    whole = b"".join(parts)
    found = list(mbox.lines(parts))
    assert b"".join(found) == whole + (b"" if whole.endswith(b"\n") or not whole else b"\n")
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in found)


def test_a_sound_file_stays_as_it_is():
    assert sound(FIRST + b"hello\n\n" + SECOND) == FIRST + b"hello\n\n" + SECOND
    assert sound(b"") == b""


def test_text_that_looks_like_the_beginning_of_a_message_is_marked(tmp_path):
    text = (
        b"From here on it is text.\n\nFrom here, too.\n"
        # a separator without blank line before it, and one that no header follows
        + FIRST.partition(b"\n")[0]
        + b"\n\n"
        + SECOND.partition(b"\n")[0]
        + b"\nwas what he wrote\n\n"
    )
    path = tmp_path / "x.mbox"
    path.write_bytes(sound(FIRST + text + SECOND))
    found = mailbox.mbox(path)
    assert len(found) == 2
    assert found[0].get_payload().count(">From ") == 4 and found[1]["X-Mailer"] == "x"


def test_a_file_that_ends_in_a_separator():
    assert sound(FIRST + b"\n" + SECOND.partition(b"\n")[0]).count(b"\nFrom ") == 0
