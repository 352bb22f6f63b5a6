# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example's inventory with lists of a proof, applied as an operator would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from .controller import ROOT, Controller, changed

LISTS = yaml.safe_load((ROOT / "inventory/group_vars/mailhosts/lists.yml").read_text(encoding="utf-8"))["mailman_lists"]


class Declared:
    def __init__(self, controller: Controller, path: Path) -> None:
        self.controller = controller
        self.path = path

    def apply(self, *entries: dict[str, Any], **variables: Any) -> int:
        """How many tasks changed something."""
        self.path.write_text(json.dumps({"mailman_lists": [*LISTS, *entries], **variables}), encoding="utf-8")
        said = self.controller.playbook("playbooks/site.yml", "--tags=exim,apache,lists", f"--extra-vars=@{self.path}")
        return changed(said, self.controller.host)
