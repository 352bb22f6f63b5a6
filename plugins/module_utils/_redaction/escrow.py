# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Encrypts originals for somebody's key with GnuPG; they are on disk only in encrypted form."""

from __future__ import annotations

import base64
import io
import os
import tarfile
from typing import Iterable

from ansible_collections.listops.mailman.plugins.module_utils import _nofollow as nofollow
from ansible_collections.listops.mailman.plugins.module_utils import _openpgp as openpgp
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def bundle(originals: Iterable[tuple[str, str]]) -> bytes:
    """A tar archive of files: (name, content in base64)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, encoded in originals:
            data = base64.b64decode(encoded)
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o600
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def check_key(key: str) -> None:
    """Raises HostError unless GnuPG can encrypt for this public key."""
    _encrypt(key, b"")


def seal(key: str, data: bytes, path: str) -> None:
    """Write data encrypted for a public key, atomically and readable by its owner only."""
    sealed = _encrypt(key, data)
    folder = nofollow.need_folder(os.path.dirname(path), 0o700)
    try:
        name = os.path.basename(path)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name + ".new", flags, 0o600, dir_fd=folder), "wb") as handle:
            handle.write(sealed)
            handle.flush()
            os.fsync(handle.fileno())
        os.rename(name + ".new", name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.close(folder)


def _encrypt(key: str, data: bytes) -> bytes:
    try:
        return openpgp.encrypt(data, key, armour=False)
    except openpgp.Missing as exc:
        raise HostError("escrow_key is set, and {0}".format(exc)) from exc
    except Invalid as exc:
        raise HostError(
            "gpg cannot encrypt for escrow_key: give one public key in ASCII armour, as gpg --armor --export "
            "prints it, that is neither expired nor revoked",
            str(exc),
        ) from exc
