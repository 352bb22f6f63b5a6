# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stranger who asks for an archive again and again while a member posts to the list as fast as the server takes it.

Runs on the host that plays the Internet, as a program of its own: `python3 stranger.py FILE`, with {"host", "paths", "secrets",
"certificate", "server", "sender", "list", "subject"} in the file. It writes a line of JSON for each answer, and ends when the
file is gone.
"""

import http.client
import json
import os
import smtplib
import ssl
import sys
import threading
import time
from typing import Any

WATCHERS = 3


def ask(connection: http.client.HTTPSConnection, path: str) -> tuple[int, str]:
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.headers.get("location", "") + answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException):
        connection.close()
        return 0, ""


def watch(file: str, task: dict[str, Any], out: threading.Lock) -> None:
    context = ssl.create_default_context(cafile=task["certificate"])
    connection = http.client.HTTPSConnection(task["host"], timeout=30, context=context)
    while os.path.exists(file):
        for path, own in task["paths"]:
            asked = time.time()
            status, text = ask(connection, path)
            # A page of the list itself is not to be seen; on one of all lists, or in a redirection, nothing of the list is.
            seen = status == 200 if own else any(secret in text for secret in task["secrets"])
            with out:
                print(json.dumps({"asked": asked, "path": path, "status": status, "seen": seen}), flush=True)


def post(file: str, task: dict[str, Any]) -> None:
    number = 0
    while os.path.exists(file):
        number += 1
        message = (
            f"From: {task['sender']}\r\nTo: {task['list']}\r\nSubject: {task['subject']} {number}\r\n"
            f"Message-ID: <{time.time()}.{number}@mx.example.net>\r\n\r\nHello.\r\n"
        )
        try:
            with smtplib.SMTP(task["server"], timeout=30) as server:
                server.sendmail(task["sender"], [task["list"]], message)
        except (OSError, smtplib.SMTPException):
            time.sleep(0.5)
        time.sleep(0.1)


def main(file: str) -> None:
    with open(file, encoding="utf-8") as handle:
        task = json.load(handle)
    out = threading.Lock()
    workers = [threading.Thread(target=post, args=(file, task))]
    workers += [threading.Thread(target=watch, args=(file, task, out)) for _number in range(WATCHERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main(sys.argv[1])
