# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists as a backend reads them, in the form in which mailman_list_info returns them."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._lists.found import presented
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import ROLES


def read_presented(backend: ListBackend, names: Sequence[str]) -> dict[str, Any]:
    """These lists with all their people and settings."""
    found = backend.read(names, settings=None, rosters=ROLES)
    facts = backend.facts(names)
    return {name: presented(entry, facts[name], ROLES, None) for name, entry in found.items() if name in facts}
