# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services of the host, by systemctl."""

from __future__ import annotations

import subprocess

from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError


def _run(verb: str, service: str) -> subprocess.CompletedProcess[bytes]:
    argv = ["systemctl", verb, service]
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, close_fds=True)


def systemctl(verb: str, service: str) -> None:
    if verb == "start":
        # Reset systemd's start-rate limit; units that are not loaded are fine.
        _run("reset-failed", service)
    done = _run(verb, service)
    if done.returncode:
        said = done.stdout.decode("utf-8", "replace").strip()
        raise HostError("systemctl {0} {1} failed: {2}".format(verb, service, said or done.returncode))
