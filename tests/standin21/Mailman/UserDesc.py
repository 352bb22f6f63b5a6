# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is to be subscribed."""


class UserDesc:
    def __init__(self, address=None, fullname=None, password=None, digest=None, lang=None):
        given = dict(address=address, fullname=fullname, password=password, digest=digest, language=lang)
        self.__dict__.update((key, value) for key, value in given.items() if value is not None)
