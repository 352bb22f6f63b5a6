# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every absolute link to the project, made from `repository` in galaxy.yml."""

from __future__ import annotations

import re
from pathlib import Path

GALAXY = Path("galaxy.yml")
FORMS = Path(".github/ISSUE_TEMPLATE/config.yml")
OF_THE_COLLECTION = {"documentation": "/tree/main/docs", "homepage": "", "issues": "/issues"}
CHOICES = """---
# Made by tests/docs/generate.py from `repository` in galaxy.yml: change that, not this file.
blank_issues_enabled: false
contact_links:
  - name: A weakness that an attacker could use
    url: {repository}/security/advisories/new
    about: Report it here, where only the maintainers read it.
  - name: Something broke on a server
    url: {repository}/blob/main/docs/runbook.md
    about: The runbook has the procedures, and what to look at for each symptom.
"""


def files(galaxy: str) -> dict[Path, str]:
    """The files with links, from the text of galaxy.yml."""
    (repository,) = re.findall(r"^repository: (\S+)$", galaxy, re.MULTILINE)
    for key, path in OF_THE_COLLECTION.items():
        galaxy, found = re.subn(rf"^{key}: .*$", f"{key}: {repository}{path}", galaxy, flags=re.MULTILINE)
        if found != 1:
            raise ValueError(f"galaxy.yml has {found} lines {key}: give one.")
    return {GALAXY: galaxy, FORMS: CHOICES.format(repository=repository)}
