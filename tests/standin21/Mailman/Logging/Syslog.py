# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The log files: one for each subject."""

import os
import time

from Mailman import mm_cfg


def syslog(kind, message, *arguments, **named):
    text = message % (arguments or named) if arguments or named else message
    mask = os.umask(0o002)
    try:
        with open(os.path.join(mm_cfg.LOG_DIR, kind), 'a') as handle:
            handle.write('%s (%d) %s\n' % (time.strftime('%b %d %H:%M:%S %Y'), os.getpid(), text))
    finally:
        os.umask(mask)
