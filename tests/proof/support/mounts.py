# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exim's two scratch directories."""

from __future__ import annotations

from typing import Any


def mounts(server: Any) -> dict[str, str]:
    """What Exim's two scratch directories are, now and after the next boot."""
    found = {}
    for path in ("/var/spool/exim4/scan", "/var/spool/exim4/db"):
        mount = server.mount_point(path)
        assert mount.exists, f"{path} is not mounted"
        assert mount.filesystem == "tmpfs", f"{path} is {mount.filesystem}"
        directory = server.file(path)
        assert directory.user == "Debian-exim", f"{path} belongs to {directory.user}"
        lines = [line.split() for line in server.file("/etc/fstab").content_string.splitlines() if path in line.split()]
        assert len(lines) == 1, f"{path} is {len(lines)} times in /etc/fstab"
        assert lines[0][2] == "tmpfs"
        found[path] = lines[0][3]
    return found
