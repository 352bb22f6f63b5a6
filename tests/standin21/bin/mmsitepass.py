# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""usage: mmsitepass [-c|--listcreator] password"""

from __future__ import print_function

import paths  # pylint: disable=unused-import
from Mailman import Utils
from Mailman.command import options, usage

found, arguments = options(__doc__, 'c', ['listcreator'])
if len(arguments) != 1:
    usage(__doc__, 1, 'Give a password.')
Utils.set_global_password(arguments[0], not found)
print('Password changed.')
