# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads lists as a REST client does. Prints how many seconds that took.

Standard input: {"lists": [posting addresses]}.
"""

import base64
import configparser
import json
import os
import sys
import time
import urllib.request

CONFIG = "/etc/mailman3/mailman.cfg"
PATHS = ("config", "roster/member", "roster/owner", "roster/moderator", "bans", "header-matches")

parser = configparser.ConfigParser(interpolation=None, strict=False)
parser.read(CONFIG)
base = parser.get("meta", "extends", fallback="")
parser.read([os.path.join(os.path.dirname(CONFIG), base)] if base else [])
service = parser["webservice"]
login = base64.b64encode(f"{service['admin_user']}:{service['admin_pass']}".encode()).decode()
url = f"http://{service.get('hostname', 'localhost')}:{service.get('port', '8001')}/3.1/lists"

began = time.monotonic()
for name in json.load(sys.stdin)["lists"]:
    for path in PATHS:
        request = urllib.request.Request(f"{url}/{name}/{path}", headers={"Authorization": f"Basic {login}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            json.load(answer)
print(time.monotonic() - began)
