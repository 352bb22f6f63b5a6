# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate of Exim and Apache: one file with the key and the chain, which takes the place of the one before whole.

    certificate.py stand-in   a self-signed one, where there is none yet
    certificate.py obtain     have certbot obtain one, if the one it has is for other names, of another authority or expired; then install
    certificate.py install    what certbot has now; certbot runs this after each renewal

Prints what it did, or with --check would do, and nothing where there is nothing to do.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SETTINGS = Path("/etc/listops/acme.json")
TARGET = Path("/etc/listops/certificate.pem")
LINEAGE = Path("/etc/letsencrypt/live/listops")
RENEWAL = Path("/etc/letsencrypt/renewal/listops.conf")
SERVICES = ("exim4", "apache2")


class Failed(Exception):
    """What went wrong, for people."""


def names_of(text: str) -> set[str]:
    """The names that a certificate is for. text: its extension subjectAltName, as openssl prints it."""
    return set(re.findall(r"DNS:([^\s,]+)", text))


def server_of(renewal: str) -> str:
    """The authority that certbot renews from. renewal: its file about the certificate."""
    found = re.search(r"^server\s*=\s*(\S+)", renewal, re.MULTILINE)
    return found.group(1) if found else ""


def reason(output: str) -> str:
    """Why certbot has no certificate, of all that it printed."""
    details = re.findall(r"^\s*(?:Domain|Type|Detail):.*$", output, re.MULTILINE)
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    useful = [line for line in lines if not re.match("Saving debug log|Ask for help|See the logfile|[- ]+$", line)]
    return " ".join(line.strip() for line in details) or (useful[-1] if useful else "it does not say why")


def order(settings: dict[str, Any]) -> list[str]:
    """The command by which certbot obtains the certificate."""
    contact = ["--email", settings["email"]] if settings["email"] else ["--register-unsafely-without-email"]
    names = [word for name in settings["names"] for word in ("--domain", name)]
    where = ["--webroot", "--webroot-path", settings["webroot"], "--server", settings["server"]]
    # another authority gives one only if it is asked for one, whatever the one before is good for
    how = ["--non-interactive", "--agree-tos", "--renew-with-new-domains", "--force-renewal"]
    return ["certbot", "certonly", "--cert-name", LINEAGE.name, *how, *contact, *where, *names]


def run(argv: list[str]) -> tuple[int, str]:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def must(argv: list[str]) -> str:
    status, output = run(argv)
    if status:
        raise Failed("{0} failed: {1}".format(" ".join(argv[:2]), output.strip()))
    return output


def put(content: bytes) -> None:
    """Replace the file; it keeps its owner and permissions, and a new one is root's alone."""
    handle, new = tempfile.mkstemp(prefix=TARGET.name + ".", dir=str(TARGET.parent))
    try:
        with os.fdopen(handle, "wb") as file:
            if TARGET.exists():
                kept = TARGET.stat()
                os.fchown(file.fileno(), kept.st_uid, kept.st_gid)
                os.fchmod(file.fileno(), kept.st_mode & 0o7777)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, str(TARGET))
    except BaseException:
        os.unlink(new)
        raise


def stand_in(settings: dict[str, Any], check: bool) -> str:
    if TARGET.exists() or (LINEAGE / "fullchain.pem").exists():
        return install(check)
    if not check:
        with tempfile.TemporaryDirectory() as folder:
            key, chain = Path(folder, "key.pem"), Path(folder, "chain.pem")
            names = ",".join("DNS:" + name for name in settings["names"])
            kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-sha256", "-nodes", "-days", "3650"]
            subject = ["-subj", "/CN=" + settings["names"][0], "-addext", "subjectAltName=" + names]
            must(["openssl", "req", "-x509", *kind, *subject, "-keyout", str(key), "-out", str(chain)])
            put(key.read_bytes() + chain.read_bytes())
    return "a self-signed certificate stands in"


def install(check: bool) -> str:
    """Give Exim and Apache what certbot has, if it is not what they have."""
    if not (LINEAGE / "fullchain.pem").exists():
        return ""
    key = (LINEAGE / "privkey.pem").read_bytes()
    content = key + (LINEAGE / "fullchain.pem").read_bytes()
    if TARGET.exists() and TARGET.read_bytes() == content:
        return ""
    public = must(["openssl", "x509", "-in", str(LINEAGE / "fullchain.pem"), "-noout", "-pubkey"])
    if public != must(["openssl", "pkey", "-in", str(LINEAGE / "privkey.pem"), "-pubout"]):
        raise Failed("{0} has a key that is not the certificate's".format(LINEAGE))
    if not check:
        put(content)
        for service in SERVICES:
            if run(["systemctl", "--quiet", "is-active", service])[0] == 0:
                must(["systemctl", "reload", service])
    return "installed the certificate"


def due(settings: dict[str, Any]) -> bool:
    if not (LINEAGE / "cert.pem").exists() or not RENEWAL.exists():
        return True
    look = ["openssl", "x509", "-in", str(LINEAGE / "cert.pem"), "-noout"]
    same = server_of(RENEWAL.read_text(encoding="utf-8")) == settings["server"]
    expired = run([*look, "-checkend", "0"])[0] != 0
    return expired or not same or names_of(run([*look, "-ext", "subjectAltName"])[1]) != set(settings["names"])


def obtain(settings: dict[str, Any], check: bool) -> str:
    if not due(settings):
        return install(check)
    if not check:
        status, output = run(order(settings))
        if status:
            raise Failed(reason(output))
        install(check)
    return "obtained a certificate for " + ", ".join(settings["names"])


def main() -> int:
    parser = argparse.ArgumentParser(description="The certificate of Exim and Apache.")
    parser.add_argument("what", choices=["stand-in", "obtain", "install"])
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    # certbot says which of its certificates it has renewed
    if os.environ.get("RENEWED_LINEAGE", str(LINEAGE)) != str(LINEAGE):
        return 0
    try:
        settings = json.loads(SETTINGS.read_text(encoding="utf-8")) if given.what != "install" else {}
        if given.what == "install":
            said = install(given.check)
        else:
            said = (stand_in if given.what == "stand-in" else obtain)(settings, given.check)
    except (Failed, OSError) as exc:
        print(exc, file=sys.stderr)
        return 1
    if said:
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
