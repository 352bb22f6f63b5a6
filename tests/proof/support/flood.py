# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever floods the web interface: a program that runs on the host `outside`, or on the server itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .inside import Inside

# Sends one form many times, as fast as it can; {n} in a field is the number.
FORMS = r"""
import http.client, http.cookies, json, re, ssl, sys, time, urllib.parse
asked = json.load(sys.stdin)
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
url = urllib.parse.urlsplit(asked["url"])
def ask(method, path, body=None, headers={}, source=""):
    own = (source, 0) if source else None
    connection = http.client.HTTPSConnection(url.hostname, timeout=60, context=context, source_address=own)
    connection.request(method, path, body, {"Referer": asked["url"], **headers})
    answer = connection.getresponse()
    return answer, answer.read().decode(errors="replace")
form = urllib.parse.urlsplit(asked["form"]).path
answer, text = ask("GET", form)
jar = http.cookies.SimpleCookie()
for line in answer.headers.get_all("Set-Cookie") or []:
    jar.load(line)
cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())
token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text).group(1)
said = []
began = time.monotonic()
for number in range(asked["number"]):
    fields = {name: value.replace("{n}", str(number)) for name, value in asked["fields"].items()}
    body = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": token})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie, **asked["headers"]}
    headers = {name: value.replace("{n}", str(number)) for name, value in headers.items()}
    source = asked["sources"][number % len(asked["sources"])]
    said.append(ask("POST", url.path, body, headers, source)[0].status)
json.dump({"statuses": said, "seconds": time.monotonic() - began}, sys.stdout)
"""
# Opens connections and sends on each a little, again and again; says when all are open and ends with standard input.
SLOW = r"""
import socket, ssl, sys, threading, time
host, number, seconds, start = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4].encode()
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
end = time.monotonic() + seconds
def one():
    try:
        connection = context.wrap_socket(socket.create_connection((host, 443), timeout=60))
        connection.sendall(start)
        while time.monotonic() < end:
            connection.sendall(b"a" * 1200)
            time.sleep(1)
    except OSError:
        pass
threads = [threading.Thread(target=one, daemon=True) for _number in range(number)]
for thread in threads:
    thread.start()
time.sleep(seconds)
"""


class Flood:
    """host: where the flood comes from."""

    def __init__(self, host: Inside) -> None:
        self._host = host

    def forms(
        self,
        url: str,
        number: int,
        form: str = "",
        headers: dict[str, str] | None = None,
        sources: Sequence[str] = ("",),
        **fields: str,
    ) -> list[int]:
        """Send a form a number of times; the status of each answer.

        form: the page it is on. sources: addresses of the host to send from, one after the other; "" is the usual one.
        """
        asked = {"url": url, "form": form or url, "number": number, "fields": fields}
        asked |= {"headers": headers or {}, "sources": list(sources)}
        done = self._host.check("python3", "-c", FORMS, stdin=json.dumps(asked), seconds=600)
        said: dict[str, Any] = json.loads(done)
        return [int(status) for status in said["statuses"]]

    def slowly(self, host: str, number: int, seconds: int, start: str) -> str:
        """Have so many connections open for that long, each with the start of a request; the unit it runs as."""
        unit = "slow-flood.service"
        command = ["python3", "-c", SLOW, host, str(number), str(seconds), start]
        self._host.check("systemd-run", "--quiet", "--collect", f"--unit={unit}", *command)
        return unit
