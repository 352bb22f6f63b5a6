# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts to one person's OpenPGP key with GnuPG in a temporary home."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

ACCEPTED = "the ASCII-armoured public key of one person"
# GnuPG's validity of a key (doc/DETAILS, field 2).
_USELESS = {"e": "expired", "r": "revoked", "i": "not valid", "d": "disabled"}


class Missing(Invalid):
    """GnuPG is not installed."""


def chosen(listing: str, fingerprint: str) -> str:
    """The fingerprint of the only key in a listing. Refuses another key, and one that is not valid today.

    listing: output of `gpg --list-keys --with-colons`. fingerprint: the expected one, or "".
    """
    rows = [line.split(":") for line in listing.splitlines()]
    keys = [row for row in rows if row[0] == "pub"]
    if len(keys) != 1:
        raise Invalid("the key file has {0} keys: give {1}".format(len(keys) or "no", ACCEPTED))
    key = keys[0]
    found = next(row[9] for row in rows if row[0] == "fpr")
    wanted = re.sub(r"\s|^0x", "", fingerprint).upper()
    if wanted and wanted != found:
        raise Invalid("the key's fingerprint is {0}: give the key with {1}".format(found, wanted))
    if key[1] in _USELESS:
        since = time.strftime(" on %Y-%m-%d", time.gmtime(int(key[6]))) if key[1] == "e" and key[6].isdigit() else ""
        raise Invalid("the key {0} is {1}{2}: give one that is good today".format(found, _USELESS[key[1]], since))
    # In capitals: what the whole key can do today.
    if "E" not in key[11]:
        raise Invalid("nothing can be encrypted to the key {0}: give one with a good subkey for that".format(found))
    return found


def encrypt(data: bytes, key: str, fingerprint: str = "", armour: bool = True) -> bytes:
    """A message that only the owner of the key can read.

    key: ASCII-armoured. fingerprint: which it must have; "" for any.
    Raises Invalid for a key that cannot be used, and Missing without GnuPG.
    """
    if "-----BEGIN PGP PUBLIC KEY BLOCK-----" not in key or "PRIVATE KEY BLOCK" in key:
        raise Invalid("the key file holds none: give {0}".format(ACCEPTED))
    with tempfile.TemporaryDirectory(prefix="listops-gpg-") as home:
        _gpg(home, ["--import"], key.encode("utf-8"))
        listing = _gpg(home, ["--list-keys", "--with-colons", "--fixed-list-mode"], b"")
        found = chosen(listing.decode("utf-8", "replace"), fingerprint)
        options = ["--armor"] if armour else []
        options += ["--encrypt", "--trust-model", "always", "--recipient", found]
        return _gpg(home, options, data)


def _gpg(home: str, options: list[str], told: bytes) -> bytes:
    """Run GnuPG with data on standard input; returns its output."""
    argv = ["gpg", "--homedir", home, "--batch", "--no-tty", "--quiet", "--no-options", "--no-autostart"]
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(argv + options, input=told, capture_output=True, env=environment, check=False)
    except FileNotFoundError:
        raise Missing("there is no gpg on this host; install the package gpg") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Invalid("{0}: give {1}".format(said[-1] if said else "gpg failed", ACCEPTED))
    return done.stdout
