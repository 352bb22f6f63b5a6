# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.filter.mounts_at import mounts_at

SCAN = "/var/spool/exim4/scan"


@pytest.mark.parametrize(
    "point",
    [
        SCAN,
        f"{SCAN}/",
        "//var/spool//exim4/scan",
        "/var/./spool/exim4/scan/.",
        "/var/lib/../spool/exim4/scan",
        "/s/scan",
    ],
)
def test_a_directory_in_whatever_way_it_is_written(point: str) -> None:
    table = f"# tmpfs {SCAN} tmpfs rw 0 0\n\nUUID=1-2\t{point}\text4 defaults 0 2\ntmpfs /run tmpfs rw 0 0\n"
    found = mounts_at(table, [SCAN], {"/s/scan": SCAN})
    assert found == [{"path": SCAN, "source": "UUID=1-2", "point": point, "type": "ext4"}]


def test_a_link_on_our_side() -> None:
    found = mounts_at("tmpfs /srv/a\\040b/ tmpfs rw 0 0\n", ["/l"], {"/l": "/srv/a b"})
    assert [(item["path"], item["point"]) for item in found] == [("/l", "/srv/a b/")]


@pytest.mark.parametrize(
    "line", ["tmpfs none swap sw 0 0", "tmpfs /var/spool/exim4 tmpfs", f"tmpfs {SCAN}", f"#x {SCAN} y"]
)
def test_what_is_elsewhere(line: str) -> None:
    assert mounts_at(line, [SCAN]) == []
