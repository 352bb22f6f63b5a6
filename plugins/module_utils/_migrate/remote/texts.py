# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes one mailbox of the texts of months that Pipermail publishes, where nothing else of an archive is left.

Runs in Ansible's Python, as who may read these files. Pipermail writes "user at example.org" for an address, with a word of the
list's language between, and texts in the list's charset, which it does not name. Addresses of senders are turned back;
those in texts stay as they are, since a text may have such words of its own.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import zlib
from typing import IO, Any, Iterable, Iterator

from ansible_collections.listops.mailman.plugins.module_utils._migrate.remote.messages import head_of, lf, split
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

PART = 1 << 20
# No text of a month is larger when it is uncompressed.
LARGEST = 1 << 30
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
# A year, a quarter, a month, a week or a day.
_NAME = re.compile(
    r"(?:Week-of-Mon-)?(\d{{4}})(?:(\d\d)(\d\d)|q([1-4])|-({0}))?\.txt(?:\.gz)?\Z".format("|".join(_MONTHS))
)
_TIME = rb"\s+\w{3}\s+\w{3}\s+\d?\d\s+\d?\d:\d\d(?::\d\d)?(?:\s+\S+)?\s+\d{4}\s*\S*\s*\Z"
_LINE = re.compile(rb"From (\S+) (\S+) (\S+\.\S+)(" + _TIME + rb")")
# With the name as a comment. Some languages have a word between that is no letter of ASCII.
_SENDER = re.compile(
    rb"(From:[ \t]*)([^\s@()<>]+) ([^\s@()<>]{1,12}) ([^\s@()<>]+\.[^\s@()<>]+)(?=[ \t\r\n(]|\Z)", re.IGNORECASE
)
_FROM = re.compile(rb"^From:.*$", re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(rb"^Content-Type:", re.IGNORECASE | re.MULTILINE)
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def order(name: str) -> tuple[int, int, int] | None:
    """When the text of that name begins: year, month, day; None for other files."""
    found = _NAME.match(name)
    if found is None:
        return None
    year, month, day, quarter, word = found.group(1, 2, 3, 4, 5)
    if word:
        return int(year), _MONTHS.index(word) + 1, 0
    return int(year), int(month or 0) or (3 * int(quarter) - 2 if quarter else 0), int(day or 0)


def chosen(names: Iterable[str]) -> list[str]:
    """The texts among files, in the order of their dates. Of one that is there twice, the uncompressed one, which is newer."""
    texts: dict[str, str] = {}
    for name in sorted(names):
        if order(name) is not None:
            texts.setdefault(name[:-3] if name.endswith(".gz") else name, name)
    return sorted(texts.values(), key=lambda name: (order(name), name))


def separators(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same text with From_ lines as in every mailbox."""
    rest = b""
    for piece in pieces:
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()
        yield b"".join(_separator(line) + b"\n" for line in lines)
    if rest:
        yield _separator(rest) + b"\n"


def _separator(line: bytes) -> bytes:
    found = _LINE.match(line) if line.startswith(b"From ") else None
    return b"From " + found.group(1) + b"@" + found.group(3) + found.group(4) if found else line


def mended(mail: bytes, charset: str) -> bytes:
    """A mail with its sender's address, and with a charset if it needs one. charset: of texts that are not in UTF-8."""
    line = b""
    if mail.startswith(b"From "):
        line, _end, mail = mail.partition(b"\n")
        line += b"\n"
    mail = lf(mail)
    head = head_of(mail)
    body = mail[len(head) :]
    new = _FROM.sub(lambda found: _SENDER.sub(rb"\1\2@\4", found.group(0)), head, count=1)
    if not body.isascii() and not _TYPE.search(new):
        try:
            body.decode("utf-8")
            charset = "utf-8"
        except UnicodeDecodeError:
            pass
        more = "MIME-Version: 1.0\nContent-Type: text/plain; charset={0}\nContent-Transfer-Encoding: 8bit\n".format(
            charset
        )
        new += more.encode("ascii")
    return line + new + body


class TextsHandler:
    """request: {"folder", "option": the option that named it, "charset", "out": number of the open file to write to}."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._option, self._path = request["option"], request["folder"]
        self._charset, self._out = request["charset"], request["out"]
        try:
            self._folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as exc:
            raise self._failure("a folder that can be read ({0})".format(exc.strerror)) from None
        self._texts = chosen(os.listdir(self._folder))
        if not self._texts:
            raise self._failure("a folder with texts of months, such as 2010-January.txt.gz")

    def _failure(self, accepted: str) -> Failure:
        return Failure("{0} is {1!r}: give {2}".format(self._option, self._path, accepted))

    def server_info(self) -> dict[str, Any]:
        return {"texts": self._texts}

    def convert(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Write the mailbox. answer: {"mails": how many}."""
        mails = 0
        with os.fdopen(os.dup(self._out), "wb") as out:
            for name in self._texts:
                for _offset, mail in split(separators(self._pieces(name))):
                    if mail.strip():
                        mail = mended(mail, self._charset)
                        # Otherwise the next one would be a part of it.
                        out.write(mail if mail.endswith(b"\n\n") else mail.rstrip(b"\n") + b"\n\n")
                        mails += 1
        return {"mails": mails}

    def _pieces(self, name: str) -> Iterator[bytes]:
        """What a text says, in pieces. Raises Failure for one that cannot be read whole."""
        total = 0
        try:
            descriptor = os.open(name, _OPEN, dir_fd=self._folder)
            with os.fdopen(descriptor, "rb") as raw:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise self._failure("a folder with files, which {0} is not".format(name))
                stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if name.endswith(".gz") else raw  # type: ignore[assignment]
                while True:
                    piece = stream.read(PART)
                    if not piece:
                        return
                    total += len(piece)
                    if total > LARGEST:
                        raise self._failure("texts of months, and {0} is larger than any".format(name))
                    yield piece
        except (OSError, EOFError, zlib.error) as exc:
            said = getattr(exc, "strerror", None) or exc
            raise self._failure("texts that can be read; {0} is damaged ({1})".format(name, said)) from None


def main() -> None:
    serve(TextsHandler)
