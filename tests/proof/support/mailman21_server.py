# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A mail server with Mailman 2.1: the same questions as of fermium, answered by that Mailman's own classes."""

from __future__ import annotations

import functools
import json
from typing import Any

from .inside import eventually
from .mail_server import MailServer

HOME = "/usr/lib/mailman"
STATE = "/var/lib/mailman"
# The end of an address, and the program of Mailman that gets the mail.
PROGRAMS = {
    "": "post",
    "-admin": "admin",
    "-bounces": "bounces",
    "-bounces+alice=example.net": "bounces",
    "-confirm": "confirm",
    "-confirm+0123456789abcdef0123456789abcdef01234567": "confirm",
    "-join": "join",
    "-leave": "leave",
    "-owner": "owner",
    "-request": "request",
    "-subscribe": "subscribe",
    "-unsubscribe": "unsubscribe",
}
# Runs in Mailman's own Python 2.7.
PROGRAM = """
import email, json, sys, time
sys.path.insert(0, "/usr/lib/mailman/bin")
import paths
from Mailman import Errors, MailList, Message, UserDesc, Utils, mm_cfg

def person(address):
    info = mlist.getBounceInfo(address)
    name = mlist.getMemberName(address) or ""
    return {
        "email": address, "bounce_score": info and info.score or 0,
        "display_name": name if isinstance(name, unicode) else name.decode(Utils.GetCharSet(mlist.preferred_language), "replace"),
        "delivery_mode": mlist.getMemberOption(address, 0), "moderation_action": mlist.getMemberOption(address, 128),
    }

def past(days, do, *arguments):
    now = time.time
    time.time = lambda: now() - days * 86400
    try:
        do(*arguments)
    finally:
        time.time = now

wish = json.load(sys.stdin)
if wish["do"] == "lists":
    lists = [MailList.MailList(name, lock=0) for name in Utils.list_names()]
    # a description has the charset of its list
    json.dump(dict((each.GetListEmail(), each.description) for each in lists), sys.stdout, encoding="latin-1")
    sys.exit()
address = str(wish.get("address") or "")
roles = {"owner": "owner", "moderator": "moderator", "nonmember": "accept_these_nonmembers"}
mlist = MailList.MailList(str(wish["list"]))
answer = None
try:
    if wish["do"] == "members":
        answer = dict((name, person(name)) for name in mlist.getMembers())
    elif wish["do"][:-1] in roles:
        answer = dict((name, {"email": name}) for name in getattr(mlist, roles[wish["do"][:-1]]))
    elif wish["do"] == "subscribe":
        answer = not mlist.isMember(address)
        if answer:
            mlist.addNewMember(address, realname=wish.get("name") or "", password="made-for-a-proof")
    elif wish["do"] == "unsubscribe":
        answer = mlist.isMember(address)
        if answer:
            mlist.removeMember(address)
    elif wish["do"] == "enrol":
        getattr(mlist, roles[wish["role"]]).append(address)
    elif wish["do"] == "hold back":
        mlist.setMemberOption(address, 0, 1)
        mlist.setMemberOption(address, 8, 0)
        mlist.setMemberOption(address, 128, 1)
        mlist.setDeliveryStatus(address, 3)
    elif wish["do"] == "admit":
        try:
            mlist.ApprovedAddMember(UserDesc.UserDesc(address, "", "made-for-a-proof", 0, "en"), 0, 0)
            answer = True
        except Errors.MembershipIsBanned:
            answer = False
    elif wish["do"] == "requests":
        answer = [mlist.GetRecord(key)[1] for key in mlist.GetSubscriptionIds()]
    elif wish["do"] == "wait":
        text = "From: s@example.com\\nTo: {0}\\nMessage-ID: <{1}-{2}>\\nSubject: {1}\\n\\nx\\n"
        text = text.format(mlist.GetListEmail(), wish["name"], mlist.internal_name())
        message = email.message_from_string(str(text), Message.Message)
        past(wish["days"], mlist.HoldMessage, message, "test", {"listname": mlist.internal_name()})
        past(wish["days"], mlist.HoldSubscription, address, "", "made-for-a-proof", 0, "en")
    elif wish["do"] == "held":
        answer = dict((mlist.GetRecord(key)[2], {"request_id": key}) for key in mlist.GetHeldMessageIds())
    elif wish["do"] == "passwords":
        answer = dict((name, mlist.getMemberPassword(name)) for name in mlist.getMembers())
    elif wish["do"] == "tokens":
        import cPickle, os
        path = os.path.join(mlist.fullpath(), "pending.pck")
        pending = set(cPickle.load(open(path))) - set(["evictions", "version"]) if os.path.exists(path) else ()
        # the stand-in confirms nothing
        answer = sorted(key for key in pending if not hasattr(mlist, "pend_confirm") or mlist.pend_confirm(key, expunge=False))
    elif wish["do"] in ("discard", "approve"):
        mlist.HandleRequest(wish["request_id"], getattr(mm_cfg, wish["do"].upper()))
    if wish["do"] in ("subscribe", "unsubscribe", "enrol", "hold back", "wait", "discard", "approve"):
        mlist.Save()
finally:
    mlist.Unlock()
json.dump(answer, sys.stdout)
"""


class Mailman21Server(MailServer):
    mailman21 = True
    idle_queue = f"{STATE}/qfiles/shunt"

    @functools.cached_property
    def moves_mail(self) -> bool:
        """Whether this is a real Mailman, with runners; its stand-in has none."""
        return bool(self.run("test", "-x", f"{HOME}/bin/qrunner")["rc"] == 0)

    def mailman_runs(self) -> bool:
        return self.is_active("mailman")

    def queued(self, word: str) -> list[dict[str, Any]]:
        """What the stand-in was given, of the messages with a word."""
        said = self.run("grep", "-rhF", word, f"{STATE}/qfiles")["out"]
        return [json.loads(line) for line in said.splitlines()]

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

    def lists(self) -> dict[str, str]:
        found: dict[str, str] = self.mailman("lists", "")
        return found

    def make_list(self, fqdn: str) -> None:
        self.check("newlist", "-q", fqdn.partition("@")[0], "nobody@example.org", "made-for-a-proof")

    def enrol(self, fqdn: str, address: str, name: str, role: str) -> None:
        self.mailman("subscribe" if role == "member" else "enrol", fqdn, address=address, name=name, role=role)

    def hold_back(self, fqdn: str, address: str) -> None:
        self.mailman("hold back", fqdn, address=address)

    def admits(self, fqdn: str, address: str) -> bool:
        return bool(self.mailman("admit", fqdn, address=address))

    def requests(self, fqdn: str) -> set[str]:
        return set(self.mailman("requests", fqdn))

    def held(self, fqdn: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.mailman("held", fqdn)
        return found

    def approve(self, fqdn: str, subject: str) -> None:
        self.mailman("approve", fqdn, **self.held(fqdn)[subject])

    def passwords(self, fqdn: str) -> dict[str, str]:
        """Members' own ones."""
        found: dict[str, str] = self.mailman("passwords", fqdn)
        return found

    def tokens(self, fqdn: str) -> list[str]:
        """What people were asked to confirm."""
        found: list[str] = self.mailman("tokens", fqdn)
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
