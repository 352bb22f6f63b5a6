# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that exist in the form in which mailman_list_info returns them, and the adoption and migration of lists take them. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence


def presented(
    entry: Mapping[str, Any], facts: Mapping[str, Any], roles: Sequence[str], shown: str | None
) -> dict[str, Any]:
    """One list as a backend reads it, in that form. shown: what its archive goes by."""
    rosters = {role: [people[key] for key in sorted(people)] for role, people in entry["rosters"].items()}
    return {
        "state": "disabled" if entry["saved"] else "present",
        "before": entry["saved"],
        "settings": entry["settings"],
        "bans": entry["bans"],
        "header_matches": entry["header_matches"],
        "archivers": entry["archivers"],
        "templates": entry.get("templates", {}),
        "rosters": {role: rosters[role] for role in roles},
        "created_at": facts["created_at"],
        "last_post_at": facts["last_post_at"],
        "archive_shown": shown,
        "counts": facts["counts"],
        "own_texts": facts.get("own_texts", {}),
    }
