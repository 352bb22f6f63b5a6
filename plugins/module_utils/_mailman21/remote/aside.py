# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts lists of Mailman 2.1 aside, which another server has now, while the others go on. Runs in Mailman's own Python 2.7.

What makes a folder a list is its config.pck. With another name for that file, neither runners nor cron jobs nor pages know the list any
more, and nothing else of it changes. So that it can be a list again, whole, by one rename.
"""

import hashlib
import os
import pickletools

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.main import Mailman21Handler, naming
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import CONFIG_FILES, load
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401

# Before the names of CONFIG_FILES.
ASIDE = "listops-moved-"
# Part of the names of files that are being written, or never were finished.
UNFINISHED = ".tmp."
# What Mailman has given up, and does not try again.
GIVEN_UP = ("shunt", "bad")


def digests(folder):
    # type: (str) -> dict[str, str]
    """The files of a list's own folder, by path below it, with SHA-1 of each."""
    found = {}
    for place, _folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(place, name)
            if UNFINISHED not in name and not os.path.islink(path):
                with open(path, "rb") as handle:
                    found[os.path.relpath(path, folder)] = str(hashlib.sha1(handle.read()).hexdigest())
    return found


def list_of(path):
    # type: (str) -> str | None
    """The list of a queued message; None if it is damaged, or gone by now."""
    try:
        with open(path, "rb") as handle:
            # The message, of which nothing is made here.
            for _operation in pickletools.genops(handle):
                pass
            data = load(handle)
    except Exception:
        return None
    name = data.get("listname", data.get(b"listname")) if isinstance(data, dict) else None
    return name.decode("latin-1") if isinstance(name, bytes) else name


def queued(folder):
    # type: (str) -> dict[str, dict[str, int]]
    """How many messages wait in queues for lists: {list: {queue: number}}."""
    found = {}  # type: dict[str, dict[str, int]]
    for queue in sorted(os.listdir(folder)):
        place = os.path.join(folder, queue)
        for file in os.listdir(place) if os.path.isdir(place) else ():
            name = list_of(os.path.join(place, file)) if file.endswith((".pck", ".bak", ".psv")) else None
            if name is not None:
                numbers = found.setdefault(name, {})
                numbers[queue] = numbers.get(queue, 0) + 1
    return found


class AsideHandler(Mailman21Handler):
    """Adds the requests for lists that another server has."""

    def _path(self, name, file):
        # type: (str, str) -> str
        return os.path.join(self.files.lists, name, file)

    def _aside(self, name):
        # type: (str) -> bool
        """Whether a list was put aside, and not made anew since."""
        return os.path.exists(self._path(name, ASIDE + CONFIG_FILES[0])) and not self.files.exists(name)

    def put_aside(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Put lists aside for which nothing waits and which are as somebody has them.

        request: {"lists": {name: digests, see above, or None to only look}, "write": whether to change anything}.
        answer: {"aside": [lists that are], "put": [those that were put aside now], "waiting", "given_up": {list: number of messages in
        queues}, "changed": [lists that are other ones], "failed": {list: sentence}}.
        """
        answer = {"aside": [], "put": [], "waiting": {}, "given_up": {}, "changed": [], "failed": {}}  # type: dict[str, Any]
        for name, there in sorted(request["lists"].items()):
            try:
                with naming(name):
                    self._put(str(name), there, request["write"], answer)
            except Failure as exc:
                answer["failed"][name] = str(exc)
        waiting = queued(self.mm_cfg.QUEUE_DIR)
        for name in request["lists"]:
            numbers = waiting.get(name, {})
            for key in ("waiting", "given_up"):
                number = sum(numbers[queue] for queue in numbers if (queue in GIVEN_UP) == (key == "given_up"))
                answer[key].update({name: number} if number else {})
        return answer

    def _put(self, name, there, write, answer):
        # type: (str, dict[str, str] | None, bool, dict[str, Any]) -> None
        if self._aside(name):
            answer["aside"].append(name)
            return
        if there is None:
            return
        if name == self.mm_cfg.MAILMAN_SITE_LIST:
            raise Failure("Mailman does not run without its site list: move that one with the last lists")
        with self.writer.locked(name):
            if set(queued(self.mm_cfg.QUEUE_DIR).get(name, {})).difference(GIVEN_UP):
                return
            if digests(os.path.join(self.files.lists, name)) != there:
                answer["changed"].append(name)
                return
            answer["put"].append(name)
            if write:
                # The last one is what makes it a list as long as it is there.
                for file in reversed(CONFIG_FILES):
                    if os.path.exists(self._path(name, file)):
                        os.rename(self._path(name, file), self._path(name, ASIDE + file))
                answer["aside"].append(name)

    def bring_back(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """Make lists of those that are aside. request: {"lists": [names], "write": whether to}; answer: {"back": [those that were]}."""
        back = []
        for name in map(str, request["lists"]):
            files = [file for file in CONFIG_FILES if os.path.exists(self._path(name, ASIDE + file))]
            # config.pck comes last, so that a list is whole when it is one; where it is already, the move aside was interrupted.
            for file in reversed(files) if request["write"] else ():
                os.rename(self._path(name, ASIDE + file), self._path(name, file))
            back += [name] if files else []
        return {"back": back}


def main():
    # type: () -> None
    serve(lambda request: AsideHandler(str(request["command"]), int(request["wait"])))
