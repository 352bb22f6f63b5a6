# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.filter.virtual_hosts import virtual_hosts

SITES = "/etc/apache2/sites-enabled"
OWN = f"{SITES}/mailman.conf"
# As Apache 2.4 says it.
SHOWN = f"""\
VirtualHost configuration:
[::1]:80               Y.example.org (/etc/apache2/conf-enabled/status.conf:8)
192.0.2.1:80           is a NameVirtualHost
         default server x.example.org ({SITES}/other.conf:5)
         port 80 namevhost x.example.org ({SITES}/other.conf:5)
                 wild alias *.example.org
         port 80 namevhost y.example.org ({SITES}/other.conf:8)
*:80                   lists.example.org ({SITES}/mailman.conf:3)
*:443                  is a NameVirtualHost
         default server a.example.org ({SITES}/000-le.conf:1)
         port 443 namevhost a.example.org ({SITES}/000-le.conf:1)
                 alias Lists.example.org
         port 443 namevhost wild.example.org ({SITES}/200-wild.conf:1)
                 wild alias l?sts.*
         port 443 namevhost lists.example.org ({SITES}/mailman.conf:19)
                 alias pages.example.org
         port 443 namevhost z.example.org ({SITES}/zz.conf:2)
                 alias pages.example.org
                 wild alias *.example.org
ServerRoot: "/etc/apache2"
Main DocumentRoot: "/var/www/html"
"""


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (["lists.example.org"], [("other", 5, 80), ("000-le", 1, 443), ("200-wild", 1, 443)]),
        # after ours it is never asked, and was before
        (["pages.example.org"], [("other", 5, 80), ("zz", 2, 443)]),
        (["y.example.org"], [("status", 8, 80), ("other", 5, 80), ("other", 8, 80)]),
        (["lists.example.net"], [("200-wild", 1, 443)]),
        (["other.example.net"], []),
    ],
)
def test_others_that_answer(names: list[str], wanted: list[tuple[str, int, int]]) -> None:
    found = virtual_hosts(SHOWN, names, OWN)
    assert [(str(host["file"]).rpartition("/")[2][:-5], host["line"], host["port"]) for host in found] == wanted


def test_our_own_is_no_other() -> None:
    alone = f"*:80                   lists.example.org ({OWN}:3)\n*:443   b.example.org ({SITES}/b.conf:1)\n"
    assert virtual_hosts(alone, ["lists.example.org"], OWN) == []
    assert virtual_hosts("", ["lists.example.org"], OWN) == []
