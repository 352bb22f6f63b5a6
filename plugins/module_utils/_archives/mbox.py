# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files in mbox format, in which every line that starts with `From ` begins a message. Pure."""

from __future__ import annotations

from typing import Iterable, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.separator import HEADER, SEPARATOR


def lines(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Split a file that is read in parts into lines with their ends."""
    rest = b""
    for part in parts:
        found = (rest + part).split(b"\n")
        rest = found.pop()
        for line in found:
            yield line + b"\n"
    if rest:
        yield rest + b"\n"


def sound(found: Iterable[bytes]) -> Iterator[bytes]:
    """Quote lines that look like the beginning of a message with `>`.

    Old mailboxes have such lines, and readers would count too many messages.
    """
    waiting: bytes | None = None
    blank = True
    for line in found:
        if waiting is not None:
            yield waiting if HEADER.match(line) else b">" + waiting
            waiting = None
        if line.startswith(b"From ") and blank and SEPARATOR.match(line):
            # A header must follow; otherwise the line is text.
            waiting, blank = line, False
            continue
        if line.startswith(b"From "):
            line = b">" + line
        yield line
        blank = not line.strip()
    if waiting is not None:
        yield b">" + waiting
