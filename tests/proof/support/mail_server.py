# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mail server under proof, seen by its administrator."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .inside import Inside, T, eventually

MAILMAN_CFG = "/etc/mailman3/mailman.cfg"
MANAGE = "/usr/share/mailman3-web/manage.py"

# A port that is open may yet be one that Mailman is about to give up.
LMTP = "import smtplib; smtplib.LMTP('127.0.0.1', 8024, timeout=10).ehlo()"


class MailServer(Inside):
    mailman21 = False
    # A queue that no runner looks at.
    idle_queue = "/var/lib/mailman3/queue/bad"

    def manage(self, *argv: str, stdin: str = "", seconds: float = 90) -> str:
        """Run a command of the web interface that may be run again, and give its output.

        SQLite fails at once where it cannot wait for another process that writes.
        """
        command = ("runuser", "-u", "www-data", "--", "/usr/bin/python3", "-W", "ignore", MANAGE, *argv)

        def ran() -> dict[str, Any]:
            done = self.run(*command, stdin=stdin, seconds=seconds)
            return {} if done["rc"] and "database is locked" in done["err"] else done

        done = eventually(ran, f"{argv[0]} finds the database free")
        assert done["rc"] == 0, f"{self.container}: {argv}: {done['err'] or done['out']}"
        return str(done["out"])

    def rest(self, method: str, path: str, **form: Any) -> Any:
        """Ask Mailman's own API; anything but success is an error."""
        answer = self._ask_rest(method, path, form or None)
        assert answer["status"] < 300, f"REST {method} {path}: {answer['status']} {answer['body']}"
        return answer["body"]

    def _ask_rest(self, method: str, path: str, form: dict[str, Any] | None = None) -> Any:
        answer = self.ask("rest", config=MAILMAN_CFG, method=method, path=path, form=form)
        if answer["status"] == 500 and method == "GET":  # SQLite was being written
            time.sleep(1)
            answer = self.ask("rest", config=MAILMAN_CFG, method=method, path=path, form=form)
        return answer

    def entries(self, path: str) -> list[dict[str, Any]]:
        return list(self.rest("GET", path).get("entries", []))

    def members(self, fqdn: str, role: str = "member") -> dict[str, dict[str, Any]]:
        return {entry["email"]: entry for entry in self.entries(f"lists/{fqdn}/roster/{role}")}

    def member(self, fqdn: str, address: str) -> dict[str, Any] | None:
        answer = self._ask_rest("GET", f"lists/{fqdn}/member/{address}")
        assert answer["status"] in (200, 404), answer
        return answer["body"] if answer["status"] == 200 else None

    def becomes(self, look: Callable[[], T], what: str) -> T:
        """Wait for something that REST knows, without keeping SQLite from being written by asking all the time."""
        return eventually(look, what, pause=0.7)

    def subscribe(self, fqdn: str, address: str, role: str = "member") -> bool:
        """Make somebody a member without asking; say whether that was new."""
        if self.member(fqdn, address) if role == "member" else address in self.members(fqdn, role):
            return False
        self._add(fqdn, address, role, send_welcome_message=False)
        return True

    def _add(self, fqdn: str, address: str, role: str, **more: Any) -> None:
        self.rest(
            "POST",
            "members",
            list_id=fqdn.replace("@", "."),
            subscriber=address,
            role=role,
            pre_verified=True,
            pre_confirmed=True,
            pre_approved=True,
            **more,
        )

    def unsubscribe(self, fqdn: str, address: str, role: str = "member") -> None:
        entry = self.members(fqdn, role).get(address)
        if entry:
            self.rest("DELETE", "members/" + entry["self_link"].rsplit("/", 1)[1])

    def lists(self) -> dict[str, str]:
        """Description by posting address."""
        return {entry["fqdn_listname"]: entry["description"] for entry in self.entries("lists")}

    def make_list(self, fqdn: str) -> None:
        self.rest("POST", "lists", fqdn_listname=fqdn)

    def enrol(self, fqdn: str, address: str, name: str, role: str) -> None:
        self._add(fqdn, address, role, display_name=name)

    def hold_back(self, fqdn: str, address: str) -> None:
        """A member gets digests, but no mail by order of a moderator, and is moderated."""
        member = self.member(fqdn, address)
        assert member
        preferences = f"members/{member['member_id']}/preferences"
        self.rest("PATCH", preferences, delivery_mode="mime_digests", delivery_status="by_moderator")
        self.rest("PATCH", f"members/{member['member_id']}", moderation_action="hold")

    def admits(self, fqdn: str, address: str) -> bool:
        """Whether Mailman itself would make somebody a member."""
        form = {"list_id": fqdn.replace("@", "."), "subscriber": address}
        return bool(self._ask_rest("POST", "members", form)["status"] < 300)

    def requests(self, fqdn: str) -> set[str]:
        """Who waits to be let in."""
        return {str(entry["email"]) for entry in self.entries(f"lists/{fqdn}/requests")}

    def held(self, fqdn: str) -> dict[str, dict[str, Any]]:
        return {entry["subject"]: entry for entry in self.entries(f"lists/{fqdn}/held")}

    def discard(self, fqdn: str, subject: str) -> None:
        self.rest("POST", f"lists/{fqdn}/held/{self.held(fqdn)[subject]['request_id']}", action="discard")

    def rest_answers(self) -> bool:
        try:
            self.rest("GET", "system/versions")
        except (AssertionError, RuntimeError):
            return False
        return True

    def mailman_runs(self) -> bool:
        """Whether both doors are open. Mail that finds LMTP closed waits for Exim's next queue run, a minute later."""
        return self.run("python3", "-c", LMTP)["rc"] == 0 and self.rest_answers()

    def systemctl(self, *what: str) -> None:
        done = self.run("systemctl", *what)
        if done["rc"]:
            log = self.run("journalctl", "--no-pager", "--lines=30", *(f"--unit={unit}" for unit in what[1:]))["out"]
            raise AssertionError(f"systemctl {' '.join(what)}: {done['err'] or done['out']}\n{log}")

    def certificate(self) -> str:
        """The certificate that Apache serves the list pages with."""
        files = self.run("apachectl", "-t", "-D", "DUMP_CERTS")["out"].split()
        return "".join(self.ask("read", path=path) for path in files if path.startswith("/"))

    def is_active(self, unit: str) -> bool:
        return bool(self.run("systemctl", "is-active", "--quiet", unit)["rc"] == 0)

    def processes(self, *words: str) -> list[dict[str, Any]]:
        """The processes in whose command line every word occurs."""
        return [item for item in self.ask("processes") if all(word in item["command"] for word in words)]

    def user(self, uid: int) -> str:
        return self.check("getent", "passwd", str(uid)).split(":", maxsplit=1)[0]

    def group(self, gid: int) -> str:
        return self.check("getent", "group", str(gid)).split(":", maxsplit=1)[0]

    def look_at_bounces(self) -> None:
        """Nothing to do: on test hosts Mailman 3's bounce runner looks every two seconds."""

    def has_queued(self, queue_id: str) -> bool:
        """Whether Exim has accepted a message and not yet delivered it to everybody."""
        return queue_id in self.check("exim4", "-bp")

    def lose_power(self) -> None:
        """Pull the plug, put it in again, and wait until everything has started."""
        self.close()
        self.engine_call("kill", "--signal", "KILL", self.container)
        eventually(
            lambda: "true" not in self.engine_call("inspect", "--format", "{{.State.Running}}", self.container),
            "it is off",
        )
        self.engine_call("start", self.container)
        eventually(self._booted, "systemd has started everything", 300)

    def _booted(self) -> bool:
        try:
            return self.run("systemctl", "is-system-running")["out"].strip() in ("running", "degraded")
        except (RuntimeError, BrokenPipeError):
            return False
