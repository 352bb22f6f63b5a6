# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a program enters the web interface of Mailman 3, which is Django. Sent there by engine.py, with program.py."""

from __future__ import annotations

import os
import sys

from ansible_collections.listops.mailman.plugins.module_utils.program import become


def enter(user: str, manage: str) -> None:
    """Turn into its user, and make its models ready. manage: the path of its manage.py."""
    become(user, "web_user")
    folder = os.path.dirname(manage)
    os.chdir(folder)
    sys.path.insert(0, folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    import django

    django.setup()
