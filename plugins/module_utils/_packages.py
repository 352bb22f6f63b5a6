# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpkg says of a host."""

from __future__ import annotations

from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils import _foreign as foreign


def shown(module: Any, form: str) -> str:
    """What dpkg-query says of each package in a format of its own; nothing where there is no dpkg."""
    program = module.get_bin_path("dpkg-query")
    if program is None:
        return ""
    _status, output, _error = module.run_command([program, "--show", f"--showformat={form}\n"], check_rc=True)
    return str(output)


def sums(module: Any, ucf: str) -> dict[str, set[str]]:
    """The MD5 sums that packages gave to their files. ucf: /var/lib/ucf/hashfile."""
    return foreign.packaged(shown(module, "${Conffiles}"), ucf)


def mail_servers(module: Any) -> list[str]:
    """Installed packages that are a mail server and not Exim."""
    return foreign.mail_servers(shown(module, "${Package}\t${Architecture}\t${db:Status-Abbrev}\t${Provides}"))
