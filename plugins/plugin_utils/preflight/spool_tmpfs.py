# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the spool_tmpfs role. Pure."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    UNIT,
    Fields,
    Kind,
    ListOf,
    Rule,
    pattern,
)

# Paths that must survive a boot.
KEPT = [
    "/etc",
    "/home",
    "/root",
    "/srv",
    "/usr",
    "/var/lib/dpkg",
    "/var/lib/mailman",
    "/var/lib/mailman3",
    "/var/mail",
    "/var/spool/exim4/input",
    "/var/spool/exim4/msglog",
    "/var/spool/mail",
    "/var/spool/postfix",
]

_PATH = pattern(r"(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+", "a plain absolute path such as /var/spool/exim4/db")
_NAME = pattern("[A-Za-z_][A-Za-z0-9_-]*", "a name of a user or a group")


def loses(path: str) -> bool:
    """Whether a mount at a path would hide, or be in, a path that must survive a boot."""
    return any((kept + "/").startswith(path + "/") or path.startswith(kept + "/") for kept in KEPT)


RULES: dict[str, Rule] = {
    "spool_tmpfs_mounts": ListOf(
        Fields(
            {
                "path": Kind(
                    _PATH.accepted + ", outside of what must outlive a boot, such as mail",
                    lambda value: _PATH.accepts(value) and not loses(value),
                ),
                "size": pattern("[1-9][0-9]*[kmgKMG]|([1-9][0-9]?|100)%", "a size such as 64m"),
                "mode": pattern("0?[0-7]{3}", 'a quoted octal mode such as "0750"'),
                "owner": _NAME,
                "group": _NAME,
            }
        )
    ),
    "spool_tmpfs_before": ListOf(UNIT),
}


def together(given: Given) -> None:
    """Rules of several values."""
    if given.fine("spool_tmpfs_mounts"):
        paths = [mount["path"] for mount in given["spool_tmpfs_mounts"]]
        for path in sorted({path for path in paths if paths.count(path) > 1}):
            given.refuse("spool_tmpfs_mounts", "each directory once", {"path": path})
