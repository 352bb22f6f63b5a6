# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the migrate role asks the exim role for, when somebody else configures the Exim of the old server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
REFUSES = "Refuse a mail server that cannot forward"


def test_the_routers_stand_alone(tmp_path: Path) -> None:
    """They refer to nothing of our exim4.conf, and read the file that the migrate role writes."""
    tasks = yaml.safe_load((ROOT / "roles/migrate/tasks/batch_cutover.yml").read_text(encoding="utf-8"))
    (asks, _says) = next(task["block"] for task in tasks if task["name"] == REFUSES)
    distribution = {
        "ansible_distribution": "Debian",
        "ansible_distribution_version": "12.1",
        "ansible_distribution_major_version": "12",
        "ansible_distribution_release": "bookworm",
        "cacheable": True,
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {"_migrate_spool": {"forwards": False}},
        "tasks": [
            {"ansible.builtin.set_fact": distribution},
            asks,
            {"ansible.builtin.debug": {"var": "exim_forwarding_routers"}},
        ],
    }
    playbook = tmp_path / "play.json"
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "--inventory=localhost,", playbook],
        cwd=ROOT,
        env={**os.environ, "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)["plays"][0]["tasks"][-1]["hosts"]["localhost"]["exim_forwarding_routers"]
    assert [line for line in said.splitlines() if line.endswith(":")] == ["list_moving:", "list_elsewhere:"]
    names = yaml.safe_load((ROOT / "roles/migrate/vars/main.yml").read_text(encoding="utf-8"))
    assert said.count(f"  require_files = {names['_migrate_elsewhere']}\n") == 2
    assert "+mailman_domains" not in said
