# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which odd messages the program refuses that Exim asks, and by which header; what real programs send passes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "roles/exim/files/check_message.py"
DATE = "Sat, 28 Nov 2026 12:00:00 +0000"


def load(path: Path) -> Any:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    sys.modules[path.stem] = module
    specification.loader.exec_module(module)
    return module


check = load(PROGRAM)
odd = load(ROOT / "tests/proof/support/odd.py")


@pytest.mark.parametrize("message", [*odd.TAKEN, *odd.REFUSED], ids=lambda message: message.name)
def test_each(message: Any) -> None:
    said = check.problem(message.raw("word", "odd-l@lists.example.org", DATE).replace(b"\r\n", b"\n"))
    assert said.partition(":")[0] == message.refused, said
    assert not said or (said.isascii() and said.isprintable() and len(said) < 200)


def test_mailman21_takes_what_has_defects() -> None:
    cut_off = b"From: a@example.net\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=z\n\n--z\n\nx\n"
    ended = "Content-Type: the boundary that ends the last part is not in the message"
    assert check.problem(cut_off, "mailman3") == ended
    assert check.problem(cut_off, "mailman21") == ""
    assert check.problem(b"From: a@example.net\nno header\n\nx\n") == "the message: a line among its headers is none"


def test_what_exim_hands_over(tmp_path: Path) -> None:
    """A folder with the message, and the envelope before it; the answer is one line."""
    path = tmp_path / "message.eml"
    envelope = (
        b"From a@example.net Sat Nov 28 12:00:00 2026\nX-Envelope-From: <a@example.net>\nX-Envelope-To: b@x,\n\tc@x\n"
    )

    def answer(message: bytes) -> str:
        path.write_bytes(envelope + message)
        return subprocess.run(
            [sys.executable, "-I", str(PROGRAM), str(path.parent), "mailman3"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    assert answer(b"From: a@example.net\nSubject: x\n\nx\n") == "take\n"
    assert answer(b"From: a@example.net\nDate: \xff\n\nx\n") == "refuse Date: it has a character that is not ASCII\n"
    assert answer(b"From: a@example.net\nX-Foo: a\x0bb\n\nx\n") == "refuse X-Foo: it has a control character\n"


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID", "Content-Type", "References", "X-Foo"])
@pytest.mark.parametrize(
    "value",
    [
        b"(" * 3000 + b")" * 3000,
        b'"' * 3001,
        b"<" * 2000,
        b",,,,;;::@@",
        b"",
        b"\\",
        b"=?=?=?=",
        b"[" * 500,
        b"\xff" * 999,
    ],
    ids=range(9),
)
def test_it_always_answers(name: str, value: bytes) -> None:
    assert isinstance(
        check.problem(b"From: a@example.net\n" * (name != "From") + name.encode() + b": " + value + b"\n\nx\n"), str
    )
