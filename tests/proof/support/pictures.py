# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of pages that operators and strangers see. With LISTOPS_PICTURES (`make pictures`) they go into docs/images."""

from __future__ import annotations

import os
import pathlib

from support.controller import PICTURES, ROOT
from support.outside import Outside

FOLDER = ROOT / "docs/images" if os.environ.get("LISTOPS_PICTURES") else PICTURES
PAGE = "/tmp/picture.html"
# The repository keeps them.
MOST = 200_000


def picture(outside: Outside, name: str, page: str | pathlib.Path, *words: str, width: int) -> None:
    """Take a picture of a page, of which these words can be seen. page: its address, or a file on this machine."""
    if isinstance(page, pathlib.Path):
        outside.ask("write", path=PAGE, text=page.read_text(encoding="utf-8"))
        page = f"file://{PAGE}"
    path = FOLDER / f"{name}.png"
    seen = outside.browse(page, path, width=width)
    assert all(word in seen["text"] for word in words), seen["text"]
    assert 10_000 < path.stat().st_size < MOST
