# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check candidate settings of the web interface with Django: check_web.py CANDIDATE

As the web interface's user, so that no log file is left to root. Percent signs
are not allowed here, because the program travels inside a validate command.
"""

import os
import pwd
import sys

with open(sys.argv[1], encoding="utf-8") as candidate:
    text = candidate.read()

user = pwd.getpwnam("www-data")
os.initgroups(user.pw_name, user.pw_gid)
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)

import importlib.abc  # noqa: E402
import importlib.util  # noqa: E402


class Candidate(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """In the place of the settings_local that is installed."""

    def find_spec(self, name, path, target=None):
        return importlib.util.spec_from_loader(name, self) if name == "settings_local" else None

    def exec_module(self, module):
        exec(compile(text, sys.argv[1], "exec"), module.__dict__)


sys.meta_path.insert(0, Candidate())
sys.path.insert(0, "/usr/share/mailman3-web")
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
try:
    import django
    from django.core.checks import ERROR, run_checks

    django.setup()
    errors = [str(message) for message in run_checks() if message.level >= ERROR]
except Exception as exc:
    errors = ["{}: {}".format(type(exc).__name__, exc)]
if errors:
    sys.exit("mailman-web.py: " + "; ".join(errors))
