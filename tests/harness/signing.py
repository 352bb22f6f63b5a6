# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as an archive for others, and the signature that says whose it is."""

from __future__ import annotations

import tarfile
from pathlib import Path

from harness.checkout import environment
from harness.console import run

# ansible-galaxy looks at the signature of this file, which has the checksums of all others.
MANIFEST = "MANIFEST.json"


def sign(archive: Path, key: str) -> Path:
    """Write the detached signature over an archive's manifest beside it, made by a key of this user's GnuPG."""
    manifest = archive.with_name(f"{archive.name.removesuffix('.tar.gz')}.{MANIFEST}")
    signature = manifest.with_name(f"{manifest.name}.asc")
    with tarfile.open(archive) as tar:
        content = tar.extractfile(MANIFEST)
        assert content is not None
        manifest.write_bytes(content.read())
    try:
        signature.unlink(missing_ok=True)
        command = ["gpg", "--batch", "--armor", "--detach-sign", "--local-user", key]
        run([*command, "--output", str(signature), str(manifest)], log="sign", env=environment())
    finally:
        manifest.unlink()
    return signature
