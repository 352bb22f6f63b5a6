# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a list shall have when it is put aside."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.modules.migrate_aside import of_list


def test_each_list_has_its_own_files() -> None:
    digests = {"talk/config.pck": "1", "talk/en/listinfo.html": "2", "talk-more/config.pck": "3"}
    assert of_list("talk", digests) == {"config.pck": "1", "en/listinfo.html": "2"}
    assert of_list("talk-more", digests) == {"config.pck": "3"}
    # a list that the copy does not have is not put aside
    assert of_list("board", digests) is None
