# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that runs inside a test host and does what it is asked, line by line.

One process for a whole session is a hundred times faster than one per question,
and what it is told (passwords among it) never shows in a list of processes.
It is plain Python 3 and imports nothing of the project.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
import os
import re
import smtplib
import socket
import subprocess
import sys
from typing import Any

BROWSER_OPTIONS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1200,900",
]
_browser: list[Any] = []


def run(argv: list[str], stdin: str = "", timeout: float = 60) -> dict[str, Any]:
    done = subprocess.run(argv, input=stdin.encode(), capture_output=True, timeout=timeout, check=False)
    return {
        "rc": done.returncode,
        "out": done.stdout.decode(errors="replace"),
        "err": done.stderr.decode(errors="replace"),
    }


def converse(argv: list[str], dialogue: list[tuple[str, str]]) -> int:
    """Run a command that wants a terminal, and answer what it asks."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execvp(argv[0], argv)
        finally:
            os._exit(127)
    said = ""
    for question, answer in dialogue:
        while question not in said:
            said += os.read(terminal, 4096).decode(errors="replace")
        said = ""
        os.write(terminal, (answer + "\n").encode())
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:  # the end of a terminal
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as handle:
        return handle.read()


def write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)


def listening(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=2).close()
    except OSError:
        return False
    return True


def smtp(
    host: str, mail_from: str, recipients: list[str], message: str | None, encoded: bool = False
) -> dict[str, Any]:
    """Hand over one message, perhaps encoded in base64; say what the server answered to each step."""
    said: dict[str, Any] = {"recipients": {}, "data": None}
    with smtplib.SMTP(host, 25, timeout=60) as server:
        server.ehlo()
        code, text = server.mail(mail_from)
        said["mail"] = [code, text.decode(errors="replace")]
        for recipient in recipients:
            code, text = server.rcpt(recipient)
            said["recipients"][recipient] = [code, text.decode(errors="replace")]
        if message is not None and any(code == 250 for code, _text in said["recipients"].values()):
            code, text = server.data(base64.b64decode(message) if encoded else message.encode())
            said["data"] = [code, text.decode(errors="replace")]
    return said


def mailbox(directory: str, address: str, since: float, having: str) -> list[str]:
    """The messages sent to one address since a time, oldest first."""
    found = []
    for room in ("new", "cur"):
        folder = os.path.join(directory, room)
        if not os.path.isdir(folder):
            continue
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            arrived = os.stat(path).st_mtime
            if arrived < since:
                continue
            with open(path, "rb") as handle:
                raw = handle.read()
            if having.encode() not in raw:
                continue
            message = email.message_from_bytes(raw, policy=email.policy.default)
            if str(message["envelope-to"]).lower() == address.lower():
                found.append((arrived, name, raw.decode("utf-8", "surrogateescape")))
    return [raw for _arrived, _name, raw in sorted(found)]


def rest(
    config: str, method: str, path: str, form: dict[str, Any] | None = None, login: str | None = None
) -> dict[str, Any]:
    """Ask Mailman's REST API, with the login from its own configuration unless another is given; "" is none."""
    import configparser
    import urllib.error
    import urllib.parse
    import urllib.request

    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(config)
    # its secrets are in a file of their own
    base = parser.get("meta", "extends", fallback="")
    parser.read(os.path.join(os.path.dirname(config), base) if base else [])
    service = parser["webservice"]
    login = f"{service['admin_user']}:{service['admin_pass']}" if login is None else login
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()} if login else {}
    url = f"http://{service.get('hostname', 'localhost')}:{service.get('port', '8001')}/3.1/{path}"
    data = None if form is None else urllib.parse.urlencode(form, doseq=True).encode()
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            body = answer.read()
            return {"status": answer.status, "body": json.loads(body) if body else None}
    except urllib.error.HTTPError as error:
        return {"status": error.code, "body": error.read().decode(errors="replace")}


def rows(database: str, query: str) -> list[tuple[Any, ...]]:
    """What is in an SQLite database, read only."""
    import sqlite3

    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def processes() -> list[dict[str, Any]]:
    """Every process: who runs it, how nice it is, what its command line shows."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as handle:
                argv = handle.read().decode(errors="replace").split("\0")
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as handle:
                nice = int(handle.read().rsplit(")", 1)[1].split()[16])
            status = read(f"/proc/{pid}/status")
        except (FileNotFoundError, ProcessLookupError):
            continue
        # by whose rights it acts: the second number of each
        ids = {word: int(number) for word, number in re.findall(r"^([UG]id):\s+\d+\s+(\d+)", status, re.M)}
        found.append(
            {"pid": int(pid), "uid": ids["Uid"], "gid": ids["Gid"], "nice": nice, "command": " ".join(argv).strip()}
        )
    return found


def exposed(roots: list[str], secrets_of: list[tuple[str, str]]) -> dict[str, Any]:
    """Files below the roots that anybody may reach and read, and that hold one of the secrets."""
    secrets: set[bytes] = set()
    for path, pattern in secrets_of:
        secrets.update(match.encode() for match in re.findall(pattern, read(path), re.M))
    seen, found, shut = 0, [], 0
    for root in roots:
        for folder, folders, names in os.walk(root):
            if not os.stat(folder).st_mode & 0o001:
                shut += 1
                folders[:] = []
                continue
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if os.path.islink(path) or not os.path.isfile(path) or not os.stat(path).st_mode & 0o004:
                        continue
                    with open(path, "rb") as handle:
                        text = handle.read(4 << 20)
                except OSError:
                    continue
                seen += 1
                if any(secret in text for secret in secrets):
                    found.append(path)
    shown = [item["command"] for item in processes() if any(secret.decode() in item["command"] for secret in secrets)]
    return {"secrets": len(secrets), "files": seen, "shut": shut, "found": found, "shown": len(shown)}


def start_browser() -> Any:
    """Chromium; the first time, and when the one before it hangs."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    close_browser()
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.accept_insecure_certs = True
    for argument in BROWSER_OPTIONS:
        options.add_argument(argument)
    options.add_argument("--user-data-dir=" + subprocess.check_output(["mktemp", "-d"], text=True).strip())
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    _browser.append(browser)
    browser.set_page_load_timeout(30)
    return browser


def fit(browser: Any, width: int) -> None:
    """Make the window so wide, and as high as the page, but no higher than wide. 0: as it was."""
    if not width:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        return
    metrics = {"width": width, "height": 100, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    metrics["height"] = min(width, browser.execute_script("return document.documentElement.scrollHeight"))
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def browse(url: str, wait_for: str = "", script: str = "", width: int = 0) -> dict[str, Any]:
    """Open a page in Chromium, do something there with a script; say what a person sees. width: of the window."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.support.ui import WebDriverWait

    try:
        browser = _browser[0] if _browser else start_browser()
        browser.get(url)
    except WebDriverException:  # the browser is no part of what is proved
        browser = start_browser()
        browser.get(url)

    def text(driver: Any) -> str:
        return str(driver.execute_script("return document.body ? document.body.innerText : ''"))

    if wait_for:
        WebDriverWait(browser, 15, poll_frequency=0.1).until(lambda driver: wait_for in text(driver))
    if script:
        browser.execute_script(script)
    fit(browser, width)
    status = browser.execute_script(
        "const n = performance.getEntriesByType('navigation')[0]; return n ? n.responseStatus : null"
    )
    return {
        "url": browser.current_url,
        "title": browser.title,
        "text": text(browser),
        "status": status,
        "screenshot": browser.get_screenshot_as_base64(),
    }


def close_browser() -> None:
    while _browser:
        _browser.pop().quit()


def main() -> None:
    for line in sys.stdin:
        wish = json.loads(line)
        try:
            answer = {"ok": globals()[wish["do"]](**wish["with"])}
        except Exception as error:  # whatever it is, the one who asked must see it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)
    close_browser()


main()
