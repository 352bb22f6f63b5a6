# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel of SpamAssassin rules on the host `outside`: DNS names its newest update, HTTP has it, a key signs it."""

from __future__ import annotations

import base64
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

from .inside import eventually
from .outside import Outside

NAME = "rules.example.net"
PORT = 8053
URL = f"http://mx.example.net:{PORT}"
FOLDER = "/srv/rules"
UNIT = "rules.service"
RECORDS = "/etc/dnsmasq.d/rules.conf"


class Keyring:
    def __init__(self, home: Path) -> None:
        self.home = home
        home.mkdir(mode=0o700)

    def gpg(self, *argv: str, stdin: bytes = b"") -> bytes:
        command = ["gpg", "--homedir", str(self.home), "--batch", "--quiet", "--passphrase=", *argv]
        return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout

    def new_key(self, owner: str) -> str:
        """Its fingerprint."""
        self.gpg("--quick-generate-key", owner, "ed25519", "sign", "1y")
        rows = self.gpg("--list-keys", "--with-colons", owner).decode().splitlines()
        return next(row.split(":")[9] for row in rows if row.startswith("fpr"))

    def public(self, key: str) -> str:
        return self.gpg("--armor", "--export", key).decode()

    def signature(self, key: str, content: bytes) -> str:
        return self.gpg("--armor", "--local-user", key, "--detach-sign", stdin=content).decode()

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", str(self.home), "--kill", "all"], check=True)
        # its agent may be removing its sockets still
        shutil.rmtree(self.home, ignore_errors=True)


def packed(rules: str) -> bytes:
    """An update: an archive with one file of rules."""
    content = rules.encode()
    member = tarfile.TarInfo("20_listops.cf")
    member.size = len(content)
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        archive.addfile(member, io.BytesIO(content))
    return held.getvalue()


class Channel:
    def __init__(self, outside: Outside, version: str) -> None:
        """version: the SpamAssassin that asks."""
        self.outside = outside
        self.question = ".".join([*reversed(version.split(".")), NAME])

    def open(self) -> None:
        self.outside.check("mkdir", "-p", FOLDER)
        self.outside.ask("write", path=f"{FOLDER}/MIRRORED.BY", text=f"{URL}/\n")
        serve = ["python3", "-m", "http.server", "--directory", FOLDER, str(PORT)]
        self.outside.check("systemd-run", "--quiet", "--collect", f"--unit={UNIT}", *serve)
        eventually(lambda: self.outside.ask("listening", host="127.0.0.1", port=PORT), "the channel answers")

    def publish(self, number: int, content: bytes, signature: str) -> None:
        self.outside.check(
            "sh", "-c", f"base64 --decode > {FOLDER}/{number}.tar.gz", stdin=base64.b64encode(content).decode()
        )
        self.outside.ask("write", path=f"{FOLDER}/{number}.tar.gz.asc", text=signature)
        records = {self.question: number, f"mirrors.{NAME}": f"{URL}/MIRRORED.BY"}
        lines = [f'txt-record={name},"{value}"\n' for name, value in records.items()]
        self.outside.ask("write", path=RECORDS, text="".join(lines))
        self.outside.check("systemctl", "restart", "dnsmasq.service")

    def close(self) -> None:
        self.outside.run("systemctl", "stop", UNIT)
        self.outside.check("rm", "-rf", FOLDER, RECORDS)
        self.outside.check("systemctl", "restart", "dnsmasq.service")
