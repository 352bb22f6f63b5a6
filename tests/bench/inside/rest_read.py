# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads lists with Mailman's own client of its REST interface. Prints how many seconds that took.

Standard input: {"lists": [posting addresses]}.
"""

import configparser
import json
import os
import sys
import time

from mailmanclient import Client

CONFIG = "/etc/mailman3/mailman.cfg"

parser = configparser.ConfigParser(interpolation=None, strict=False)
parser.read(CONFIG)
base = parser.get("meta", "extends", fallback="")
parser.read([os.path.join(os.path.dirname(CONFIG), base)] if base else [])
service = parser["webservice"]
url = f"http://{service.get('hostname', 'localhost')}:{service.get('port', '8001')}/3.1"
client = Client(url, service["admin_user"], service["admin_pass"])

began = time.monotonic()
for name in json.load(sys.stdin)["lists"]:
    found = client.get_list(name)
    dict(found.settings)
    people = [*found.members, *found.owners, *found.moderators]
    assert all(person.email and person.delivery_mode and person.display_name is not None for person in people)
    list(found.bans)
    list(found.header_matches)
print(time.monotonic() - began)
