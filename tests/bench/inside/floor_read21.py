# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The floor of reading Mailman 2.1: every list through Mailman's own class, its attributes streamed as JSON, as they are.

Runs in Mailman's own Python 2.7, as Mailman's user. Prints how many lists it saw.
"""

from __future__ import print_function

import json
import os
import sys

sys.path.insert(0, '/usr/lib/mailman/bin')
import paths
from Mailman import Utils
from Mailman.MailList import MailList

assert paths
seen = 0
with open(os.devnull, 'w') as out:
    for name in Utils.list_names():
        attributes = dict((key, value) for key, value in MailList(name, lock=0).__dict__.items() if key[0] != '_')
        json.dump(attributes, out, encoding='iso-8859-1', default=repr)
        seen += 1
print(seen)
