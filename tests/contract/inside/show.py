# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For withlist -r: what a list's attributes are, as Mailman's own class has them."""

from __future__ import print_function


def attr(m, *names):
    for name in names:
        print(name, '=', repr(getattr(m, name)))


def member(m, address):
    """Everything that is kept of one member."""
    key = m.getMemberKey(address)
    print(repr({
        'address': m.getMemberCPAddress(key),
        'name': m.getMemberName(key),
        'digest': key in m.digest_members,
        'options': m.user_options.get(key, 0),
        'delivery': m.delivery_status.get(key),
        'language': m.getMemberLanguage(key),
        'password': m.getMemberPassword(key),
    }))


def everything(m):
    """All that its file keeps."""
    print(repr(dict((key, value) for key, value in m.__dict__.items() if key[0] != '_' and not callable(value))))
