# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check a candidate mailman.cfg with Mailman's own schema: check_core.py CANDIDATE

Reads only: no directory is made and no database opened. As Mailman's user, since it imports what the
configuration names. Percent signs are not allowed here, because the program travels inside a validate command.
"""

import os
import pwd
import sys

with open(sys.argv[1], encoding="utf-8") as candidate:
    text = candidate.read()

user = pwd.getpwnam("list")
os.initgroups(user.pw_name, user.pw_gid)
os.setgid(user.pw_gid)
os.setuid(user.pw_uid)
os.chdir("/")

import mailman.config  # noqa: E402
from lazr.config import as_boolean  # noqa: E402
from lazr.config.interfaces import ConfigErrors  # noqa: E402
from mailman.config import config  # noqa: E402
from mailman.utilities.modules import find_name  # noqa: E402
from zope.configuration import xmlconfig  # noqa: E402

INSTALLED = "/etc/mailman3/mailman.cfg"
NUMBERS = (
    ("mta", ("smtp_port", "lmtp_port", "max_recipients")),
    ("webservice", ("port", "workers")),
)


def problems(text):
    xmlconfig.file("configure.zcml", mailman.config)
    config.create_paths = False
    config.load()
    try:
        # Under the installed name, so that "extends" finds its neighbour.
        config.push(INSTALLED, text)
        config._config.validate()
    except ConfigErrors as exc:
        yield from (str(error) for error in exc.errors)
        return
    for section, keys in NUMBERS:
        for key in keys:
            value = getattr(getattr(config, section), key)
            if not value.isdigit():
                yield "[{}] {} is {!r}, not a number".format(section, key, value)
    named = [(config.mta, "incoming"), (config.mta, "outgoing"), (config.database, "class")]
    named += [(archiver, "class") for archiver in config.getByCategory("archiver") if as_boolean(archiver.enable)]
    for section, key in named:
        try:
            find_name(getattr(section, key))
        except Exception as exc:
            yield "[{}] {} is {!r}: {}".format(section.name, key, getattr(section, key), exc)
    if config.mailman.default_language not in [section.name.partition(".")[2] for section in config.language_configs]:
        yield "[mailman] default_language is {!r}, which Mailman does not know".format(config.mailman.default_language)


found = list(problems(text))
if found:
    sys.exit("mailman.cfg: " + "; ".join(found))
