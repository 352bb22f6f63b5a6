# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A sender as mail servers are, who offers each message until it is taken; and a stranger who looks at archives.

Runs on the host that plays the Internet, as a program of its own: `python3 patient.py FILE`, with {"server", "sender", "lists", "word",
"looks": [[address, host name, path]]} in the file. Each second it has a message for each list, unless too many wait. It writes a line of
JSON for each that was taken, and for each answer of 200. It makes no more messages when the file is gone, and ends when all are taken.
"""

import http.client
import json
import os
import queue
import smtplib
import ssl
import sys
import threading
import time
from typing import Any

SENDERS = 4
PAUSE = 0.7
# How many messages may wait: on a slow machine a migration takes long.
MOST = 200
# How long a message is tried for after the last one was made.
PATIENCE = 300.0


class Sender:
    def __init__(self, file: str) -> None:
        self.file = file
        with open(file, encoding="utf-8") as handle:
            self.task: dict[str, Any] = json.load(handle)
        self.waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        self.out = threading.Lock()
        self.made = self.taken = 0
        self.ended = 0.0

    def say(self, **what: Any) -> None:
        with self.out:
            print(json.dumps(what), flush=True)

    def make(self) -> None:
        number = 0
        while os.path.exists(self.file):
            number += 1
            for name in self.task["lists"] if self.made - self.taken < MOST else ():
                ident = f"{self.task['word']}.{number}.{name.partition('@')[0]}@mx.example.net"
                self.made += 1
                self.waiting.put({"list": name, "id": ident, "number": number, "tries": 0, "unsure": 0})
            time.sleep(1)
        self.ended = time.monotonic()

    def hand_over(self, one: dict[str, Any]) -> bool:
        text = (
            f"From: {self.task['sender']}\r\nTo: {one['list']}\r\nSubject: {self.task['word']} {one['number']}\r\n"
            f"Message-ID: <{one['id']}>\r\n\r\nFrom here on, number {one['number']} of {self.task['word']}.\r\n"
        )
        one["tries"] += 1
        sent = False
        try:
            # the name may belong to another host than the last time
            with smtplib.SMTP(self.task["server"], timeout=120) as server:
                server.ehlo()
                if server.mail(self.task["sender"])[0] != 250 or server.rcpt(one["list"])[0] != 250:
                    return False
                sent = True
                return bool(server.data(text.encode())[0] == 250)
        except (OSError, smtplib.SMTPException):
            # whether it was taken is not known: mail servers try again
            one["unsure"] += sent
            return False

    def send(self) -> None:
        while not self.ended or self.taken < self.made:
            try:
                one = self.waiting.get(timeout=1)
            except queue.Empty:
                continue
            if self.hand_over(one):
                self.taken += 1
                self.say(taken=one)
                continue
            if self.ended and time.monotonic() - self.ended > PATIENCE:
                self.say(left=one)
                self.taken += 1
                continue
            time.sleep(PAUSE)
            self.waiting.put(one)

    def look(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        asked = 0
        while not self.ended:
            for address, host, path in self.task["looks"]:
                try:
                    connection = http.client.HTTPSConnection(address, timeout=20, context=context)
                    connection.request("GET", path, headers={"Host": host})
                    status = connection.getresponse().status
                    connection.close()
                except (OSError, http.client.HTTPException):
                    status = 0
                asked += 1
                if status == 200:
                    self.say(seen=[address, path])
            time.sleep(0.5)
        self.say(asked=asked)


def main(file: str) -> None:
    sender = Sender(file)
    workers = [threading.Thread(target=work) for work in (sender.make, sender.look, *[sender.send] * SENDERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main(sys.argv[1])
