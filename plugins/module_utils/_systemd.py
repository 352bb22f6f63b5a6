# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mailman's own service, stopped for what cannot be done while it runs."""

from __future__ import annotations

import contextlib
import subprocess
from typing import Iterator

from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Engine, EngineError


def _run(verb: str, service: str) -> subprocess.CompletedProcess[bytes]:
    argv = ["systemctl", verb, service]
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, close_fds=True)


def systemctl(verb: str, service: str) -> None:
    if verb == "start":
        # systemd counts, and would not start what is renamed list by list a sixth time in ten seconds.
        # What it has not loaded, it has not counted, and says so, which is no failure.
        _run("reset-failed", service)
    done = _run(verb, service)
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        raise EngineError("systemctl {0} {1} failed: {2}".format(verb, service, said or done.returncode))


@contextlib.contextmanager
def stopped(engine: Engine, service: str) -> Iterator[None]:
    """Mailman does not run in here. That it shall run again is noted on disk first, for the run after a crash."""
    runs = engine.hello.get("runs", True)
    if runs:
        engine.request({"op": "note_stop"})
        systemctl("stop", service)
    try:
        yield
    finally:
        # What somebody else stopped stays so.
        if runs or engine.hello["stopped"]:
            resume(engine, service)


def resume(engine: Engine, service: str) -> None:
    systemctl("start", service)
    engine.request({"op": "forget_stop"})
