# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""fixture.py FOLDER: what Mailman's own class reads in a copy of /var/lib/mailman, as JSON."""

from __future__ import print_function

import json
import os
import sys

sys.path.insert(0, '/usr/lib/mailman/bin')
import paths
from Mailman import mm_cfg

mm_cfg.LIST_DATA_DIR = os.path.join(sys.argv[1], 'lists')
mm_cfg.DATA_DIR = os.path.join(sys.argv[1], 'data')

from Mailman import MailList, Utils

STATUSES = ['enabled', 'unknown', 'byuser', 'byadmin', 'bybounce']


def told(value):
    """Text that is not ASCII is {"b": hexadecimal bytes} or {"u": text}."""
    if isinstance(value, (list, tuple)):
        return [told(item) for item in value]
    if isinstance(value, dict):
        return dict((key, told(item)) for key, item in value.items())
    try:
        if isinstance(value, (str, type(u''))):
            value.encode('us-ascii')
    except UnicodeDecodeError:
        return {'b': value.encode('hex')}
    except UnicodeEncodeError:
        return {'u': value}
    return value


def member(m, key):
    return {
        'address': m.getMemberCPAddress(key),
        'name': m.getMemberName(key),
        'digest': key in m.digest_members,
        'options': m.user_options.get(key, 0),
        'delivery': STATUSES[m.getDeliveryStatus(key)],
        'delivery_changed': m.getDeliveryStatusChangeTime(key),
        'language': m.getMemberLanguage(key),
        'password': m.getMemberPassword(key),
        'topics': m.getMemberTopics(key),
    }


assert paths
found = {}
for name in Utils.list_names():
    m = MailList.MailList(name, lock=0)
    found[name] = {
        'config': told(dict((key, value) for key, value in m.__dict__.items()
                            if key[0] != '_' and not isinstance(value, dict))),
        'members': told(dict((key, member(m, key)) for key in m.getMembers())),
    }
print(json.dumps(found))
