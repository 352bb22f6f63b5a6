# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who may read a private archive."""

from __future__ import annotations

import dataclasses
from typing import Any

from .mail_server import MailServer


@dataclasses.dataclass(frozen=True)
class Reader:
    name: str
    password: str
    path: str
    realm: str

    @property
    def options(self) -> dict[str, Any]:
        """How the module htdigest_user knows this person."""
        return {"path": self.path, "realm": self.realm, "name": self.name}


def digest_file(fermium: MailServer, name: str) -> str:
    """The file with the users that Apache lets read an archive."""
    found = fermium.check("grep", "-RhoP", r"^\s*AuthUserFile\s+\"?\K[^\"\s]+", "/etc/apache2/sites-enabled/").split()
    own = [path for path in found if name in path]
    assert own, f"Apache's sites have no AuthUserFile for {name}"
    return own[0]
