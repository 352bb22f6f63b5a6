# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that reads a copy of Mailman 2.1's files where there is no Mailman 2.1. It writes nothing.

It answers the requests for reading as main.py does. Also a Mailman 2 on Python 3 (VERSION 2.2) is read: its pickles
hold text where those of Python 2 hold bytes.
"""

import os

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import Files, sentence
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401


class CopyHandler(object):
    """folder: what was /var/lib/mailman. said: what its Mailman would say of itself, see _mailman21/stock.py.

    option: the option that named the folder.
    """

    def __init__(self, folder, said, option):
        # type: (str, dict[str, Any], str) -> None
        lists = os.path.join(folder, "lists")
        if not os.path.isdir(lists):
            raise Failure("{0} is {1}: give the folder that has lists/NAME/config.pck".format(option, folder))
        self.said = said
        self.files = Files(lists, os.path.join(folder, "data"), said["charsets"])
        self.public = os.path.join(folder, "archives", "public")

    def server_info(self):
        # type: () -> dict[str, Any]
        """See Mailman21Handler.server_info. Adds "python3": lists that a Mailman 2 on Python 3 wrote."""
        lists, private, unreadable = self.files.policies()
        return dict(
            self.said,
            domains=sorted(set(lists.values())),
            lists=lists,
            private=private,
            unreadable=unreadable,
            python3=sorted(self.files.python3),
            runs=False,
            stopped=False,
        )

    def read(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """See Mailman21Handler.read."""
        answer, unreadable = {}, {}  # type: dict[str, Any], dict[str, str]
        for name in request["lists"]:
            try:
                answer[name] = self.files.entry(name, request)
            except Exception as exc:
                unreadable[name] = sentence(name, exc)
        return {"lists": answer, "unreadable": unreadable}

    def texts(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """See Mailman21Handler.texts."""
        return self.files.all_texts(request["lists"])

    def shown_archives(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Who could read them: there is a link to each public one. Nothing where the archives were not copied."""
        if not os.path.isdir(self.public):
            return {"shown": dict.fromkeys(request["lists"])}
        links = set(os.listdir(self.public))
        return {"shown": dict((name, "public" if name in links else "private") for name in request["lists"])}


def main():
    # type: () -> None
    serve(lambda request: CopyHandler(request["folder"], request["said"], request["option"]))
