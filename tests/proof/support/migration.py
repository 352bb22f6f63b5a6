# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who moves the lists of sodium to fermium, and what the account of it says."""

from __future__ import annotations

import json
import os
import pathlib
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from .controller import ROOT, Controller, changed, results
from .inside import eventually
from .mail_server import MailServer
from .mailman21_server import STATE, Mailman21Server
from .outside import Outside

OLD = "sodium.example.org"
NEW = "fermium.example.org"
HERE = "/var/lib/listops/migrate/sodium"


class Operator:
    """Runs the phases on fermium. folder: of its variables; always: variables of all phases."""

    def __init__(self, controller: Controller, folder: pathlib.Path, **always: Any) -> None:
        self.controller = controller
        self.folder = folder
        self._always = {
            "migrate_source": "sodium",
            "migrate_source_address": OLD,
            "migrate_inventory": str(folder),
            **always,
        }

    def given(self, phase: str, **more: Any) -> str:
        return f"--extra-vars={json.dumps({'migrate_phase': phase, **self._always, **more})}"

    def run(self, phase: str, *options: str) -> dict[str, Any]:
        return self.controller.playbook("playbooks/migrate.yml", self.given(phase), *options)

    def stopped(self, phase: str, *options: str, **more: Any) -> str:
        return self.controller.stopped("playbooks/migrate.yml", self.given(phase, **more), *options)

    def begin(self, phase: str, *options: str) -> subprocess.Popen[bytes]:
        """Start a phase that will not be let finish."""
        return subprocess.Popen(
            self.controller._command("playbooks/migrate.yml", self.given(phase), *options),
            cwd=ROOT,
            env=self.controller.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def adopt(self) -> None:
        """The lists that were moved become an inventory, and that must change nothing."""
        where = f"--extra-vars=adopt_directory={self.folder} adopt_secrets=none"
        self.controller.playbook("playbooks/adopt.yml", where)
        said = self.controller.playbook("playbooks/lists.yml", f"--extra-vars=@{self.folder}/lists.yml")
        (lists,) = (result for result in results(said) if "undeclared" in result)
        assert not lists["changed"] and not lists["undeclared"]
        # the first run may have put them on the page with all lists
        again = self.controller.playbook("playbooks/lists.yml", f"--extra-vars=@{self.folder}/lists.yml")
        assert changed(again) == 0


def interrupted(operator: Operator, phase: str, reached: Callable[[], bool], *options: str) -> None:
    """Start a phase, and kill Ansible when something is reached."""
    process = operator.begin(phase, *options)
    try:
        eventually(lambda: reached() or process.poll() is not None, "the phase has come so far", 300, pause=0.1)
        assert process.poll() is None, "the phase has ended before it was killed"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def files(sodium: Mailman21Server) -> str:
    """All that lists have there, so that a change is seen."""
    return sodium.check(
        "sh", "-c", f"cd {STATE} && find lists archives data/held* -type f -exec sha256sum {{}} + | sort"
    )


def sums(fermium: MailServer, kind: str) -> dict[str, dict[str, Any]]:
    """The account's sums of messages, pages or requests, by list."""
    text = fermium.check(
        "sh", "-c", f"cd {HERE}/account && for f in *.{kind}.json; do printf '%s\\t' $f; tr -d '\\n' < $f; echo; done"
    )
    pairs = (line.partition("\t") for line in text.splitlines())
    return {name.removesuffix(f".{kind}.json"): json.loads(found) for name, _tab, found in pairs}


def total(found: dict[str, dict[str, Any]]) -> dict[str, int]:
    words = ("found", "moved", "merged", "quarantined")
    added = {word: sum(each[word] for each in found.values()) for word in words}
    assert added["found"] == sum(added[word] for word in words[1:])
    return added


def door(outside: Outside) -> dict[str, Any]:
    """Somebody tries to send mail to the old server."""
    return outside.run("python3", "-c", f"import socket; socket.create_connection(('{OLD}', 25), 5)")
