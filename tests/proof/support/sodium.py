# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server with Mailman 2.1: the same questions as of fermium, answered by that Mailman's own classes."""

from __future__ import annotations

import functools
import json
from typing import Any

from .fermium import Fermium
from .inside import eventually

HOME = "/usr/lib/mailman"
STATE = "/var/lib/mailman"
# Runs in Mailman's own Python 2.7.
PROGRAM = """
import json, sys
sys.path.insert(0, "/usr/lib/mailman/bin")
import paths
from Mailman import MailList, UserDesc, mm_cfg
wish = json.load(sys.stdin)
address = str(wish.get("address") or "")
mlist = MailList.MailList(str(wish["list"]))
try:
    if wish["do"] == "members":
        found = dict((name, mlist.getBounceInfo(name)) for name in mlist.getMembers())
        answer = dict((name, {"email": name, "bounce_score": info and info.score or 0}) for name, info in found.items())
    elif wish["do"] == "owners":
        answer = dict((name, {"email": name}) for name in mlist.owner)
    elif wish["do"] == "subscribe":
        answer = not mlist.isMember(address)
        if answer:
            mlist.addNewMember(address, password="made-for-a-proof")
    elif wish["do"] == "unsubscribe":
        answer = mlist.isMember(address)
        if answer:
            mlist.removeMember(address)
    elif wish["do"] == "held":
        answer = dict((mlist.GetRecord(key)[2], {"request_id": key}) for key in mlist.GetHeldMessageIds())
    elif wish["do"] == "discard":
        answer = mlist.HandleRequest(wish["request_id"], mm_cfg.DISCARD)
    if wish["do"] in ("subscribe", "unsubscribe", "discard"):
        mlist.Save()
finally:
    mlist.Unlock()
json.dump(answer, sys.stdout)
"""


class Sodium(Fermium):
    @functools.cached_property
    def moves_mail(self) -> bool:
        """Whether this is a real Mailman, with runners; its stand-in has none."""
        return bool(self.run("test", "-x", f"{HOME}/bin/qrunner")["rc"] == 0)

    def mailman(self, do: str, fqdn: str, **more: Any) -> Any:
        wish = {"do": do, "list": fqdn.partition("@")[0], **more}
        said = self.check("runuser", "-u", "list", "--", "python2.7", "-c", PROGRAM, stdin=json.dumps(wish))
        return json.loads(said)

    def members(self, fqdn: str, role: str = "member") -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.mailman(f"{role}s", fqdn)
        return found

    def member(self, fqdn: str, address: str) -> dict[str, Any] | None:
        return self.members(fqdn).get(address)

    def subscribe(self, fqdn: str, address: str, role: str = "member") -> bool:
        return bool(self.mailman("subscribe", fqdn, address=address))

    def unsubscribe(self, fqdn: str, address: str, role: str = "member") -> None:
        self.mailman("unsubscribe", fqdn, address=address)

    def held(self, fqdn: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.mailman("held", fqdn)
        return found

    def discard(self, fqdn: str, subject: str) -> None:
        self.mailman("discard", fqdn, **self.held(fqdn)[subject])

    def look_at_bounces(self) -> None:
        """Mailman's bounce runner counts every 15 minutes, and when it is started anew."""
        eventually(
            lambda: self.run("sh", "-c", f"ls {STATE}/data/bounce-events-*.pck")["rc"] == 0, "a bounce was noted"
        )
        (runner,) = self.processes("--runner=BounceRunner")
        self.check("kill", "-INT", str(runner["pid"]))
