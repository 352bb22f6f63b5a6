# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what waits in a copy of Mailman 2.1's files: held messages, requests, confirmations, and the digest in progress.

Runs in Python 3. No link is followed below the copy's folder. What cannot be read is returned as it is, with the reason,
and does not keep anything else from being read. Passwords are not returned.
"""

import base64
import email.message
import io
import os
import pickle
import re
import stat
from email.generator import BytesGenerator
from email.header import Header

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.copied import CopyHandler
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import (
    INTEGERS,
    REQUESTS,
    Instance,
    find_class,
    load,
    native,
    own_held_file,
    plain,
    sentence,
)
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator  # noqa: F401

# A file of one list that is larger is no file of Mailman's.
LARGEST = 1 << 28
# Confirmations by their letter in pending.pck, and the fields of their records.
CONFIRMATIONS = {
    "S": ("subscription", ("person",)),
    "U": ("unsubscription", ("address",)),
    "C": ("change_of_address", ("address", "new_address", "everywhere")),
    "H": ("held_message", ("request",)),
    "E": ("re_enable", ("listname", "address")),
    "P": ("probe_bounce", ("address",)),
}
# Classes in the pickle of a held message besides Mailman's own. Instances only hold data: see find_class.
_MIME = ("Base", "NonMultipart", "Multipart", "Text", "Message", "Image", "Audio", "Application")
MESSAGE_CLASSES = frozenset(
    [
        ("email.Message", "Message"),
        ("email.message", "Message"),
        ("email.Header", "Header"),
        ("email.header", "Header"),
        ("email.Charset", "Charset"),
        ("email.charset", "Charset"),
        ("email._policybase", "Compat32"),
    ]
    + [("email.mime." + name.lower(), "MIME" + name) for name in _MIME]
    + [("email.MIME" + name, "MIME" + name) for name in _MIME]
)
# How a record names the file of a held message. The name can be that of another list, whose files were copied.
_HELD_FILE = re.compile(r"heldmsg-[^/\0]+-\d+\.(?:pck|txt)\Z", re.IGNORECASE)
_MBOX = re.compile(rb"(?m)^(?=From )")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# O_NONBLOCK: a pipe without a writer must not hold us up.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class _MessageUnpickler(pickle.Unpickler):
    def find_class(self, module_name, global_name):
        # type: (str, str) -> Any
        defect = module_name == "email.errors" and global_name.endswith("Defect")
        if (module_name, global_name) in MESSAGE_CLASSES or defect:
            return Instance
        return find_class(module_name, global_name)


def base64_of(data):
    # type: (bytes) -> str
    return base64.b64encode(data).decode("ascii")


def reason_of(exc):
    # type: (Exception) -> str
    """Why a file cannot be read. A damaged pickle can raise almost any exception."""
    return str(getattr(exc, "strerror", None) or "{0}: {1}".format(type(exc).__name__, exc))


class CopiedFolder(object):
    """A folder whose files are read without following links in it."""

    def __init__(self, path):
        # type: (str) -> None
        self._root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def read(self, *path):
        # type: (*str) -> bytes | None
        """The content of a file, or None where there is none. Raises OSError, or Failure for what is no file."""
        descriptor = self.open(*path)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as handle:
            if os.fstat(descriptor).st_size > LARGEST:
                raise Failure("it is no file of Mailman's")
            return handle.read(LARGEST)

    def open(self, *path):
        # type: (*str) -> int | None
        """A file of any size, or None where there is none. Raises OSError, or Failure for what is no file."""
        folder = self._open(path[:-1])
        if folder is None:
            return None
        try:
            descriptor = os.open(path[-1], _FILE, dir_fd=folder)
        except FileNotFoundError:
            return None
        finally:
            os.close(folder)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise Failure("it is no file of Mailman's")
        return descriptor

    def names(self, *path):
        # type: (*str) -> list[str]
        """The names in a folder."""
        folder = self._open(path)
        if folder is None:
            return []
        try:
            return sorted(os.listdir(folder))
        finally:
            os.close(folder)

    def _open(self, path):
        # type: (tuple[str, ...]) -> int | None
        folder = os.dup(self._root)
        for name in path:
            try:
                below = os.open(name, _FOLDER, dir_fd=folder)
            except FileNotFoundError:
                return None
            finally:
                os.close(folder)
            folder = below
        return folder


# ---- messages


def _attributes(instance):
    # type: (Any) -> dict[str, Any]
    state = getattr(instance, "state", None)
    if not isinstance(instance, Instance) or not isinstance(state, dict):
        raise Failure("it holds no message")
    return dict((native(key), value) for key, value in state.items())


def _ascii(value):
    # type: (Any) -> Any
    """Bytes as email.message keeps them: what is not ASCII as surrogates."""
    return value.decode("ascii", "surrogateescape") if isinstance(value, bytes) else value


def _header(value):
    # type: (Any) -> Any
    """The value of a header: text, or a Header with chunks of text and their charsets."""
    if not isinstance(value, Instance):
        return _ascii(value)
    header = Header()
    for text, charset in _attributes(value)["_chunks"]:
        name = native(_attributes(charset)["input_charset"]) if isinstance(charset, Instance) else native(charset)
        header.append(text.decode(name) if isinstance(text, bytes) else text, name)
    return header.encode(maxlinelen=0)


def _rebuilt(instance):
    # type: (Any) -> email.message.Message
    """The message that an instance of that class holds, as Python 2 or Python 3 keeps it."""
    state = _attributes(instance)
    message = email.message.Message()
    for name, value in state["_headers"]:
        message.set_raw(_ascii(name), _header(value))
    payload = state["_payload"]
    if isinstance(payload, list):
        message.set_payload([_rebuilt(part) for part in payload])
    elif payload is not None:
        message.set_payload(_ascii(payload))
    message.preamble, message.epilogue = _ascii(state.get("preamble")), _ascii(state.get("epilogue"))
    message.set_default_type(_ascii(state.get("_default_type")) or "text/plain")
    return message


def pickled_message(data):
    # type: (bytes) -> tuple[bytes, bytes]
    """The line "From " (or nothing) and the text of the message in a pickle."""
    instance = _MessageUnpickler(io.BytesIO(data), encoding="bytes").load()
    out = io.BytesIO()
    BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(_rebuilt(instance))
    line = _ascii(_attributes(instance).get("_unixfrom")) or ""
    return line.encode("ascii", "surrogateescape"), out.getvalue()


def plain_message(data):
    # type: (bytes) -> tuple[bytes, bytes]
    """The same of a file with the message as it is."""
    line, _newline, text = data.partition(b"\n") if data.startswith(b"From ") else (b"", b"", data)
    return line, text


# ---- lists


class WaitingFiles(object):
    """What waits in one list. name: as its folder is called."""

    def __init__(self, handler, name):
        # type: (PendingHandler, str) -> None
        self.folder, self.name, self.files = handler.folder, name, handler.files
        self.damaged = []  # type: list[dict[str, Any]]
        self.config = self._dictionary("config.pck")
        if self.damaged:
            raise Failure("list {0}: config.pck cannot be read ({1})".format(name, self.damaged[0]["reason"]))
        self.config = dict((native(key), value) for key, value in self.config.items())
        self.charset = handler.files.charset(self.config)
        self.host = handler.files.host(self.config)

    def answer(self):
        # type: () -> dict[str, Any]
        """See PendingHandler.waiting."""
        records = self._dictionary("request.pck")
        requests = list(self._requests(records))
        confirmations = list(self._confirmations(self._dictionary("pending.pck")))
        held = {each["record"]["file"]: each for each in requests if each["kind"] == "held"}
        return {
            "host": self.host,
            "requests": requests,
            "unnamed": list(self._unnamed(held)),
            "confirmations": confirmations,
            "digest": self._digest(),
            "issue": self._numbers("volume", "next_digest_number", "digest_last_sent_at"),
            "mime_digests": bool(self.config.get("mime_is_default_digest")),
            "confirms": self.config.get("subscribe_policy") in (1, 3),
            "last_digests": list(self._last_digests()),
            "bounces": list(self._bounces()),
            "members": self._members(),
            "language": self._plain(self.config.get("preferred_language")),
            "passwords": len(self._people("passwords")),
            "topics": sum(1 for chosen in self._people("topics_userinterest").values() if chosen),
            "damaged": self.damaged,
        }

    def _read(self, *path):
        # type: (*str) -> bytes | None
        """A file of the list; what cannot be opened is noted."""
        try:
            return self.folder.read(*path)
        except (OSError, Failure) as exc:
            self._note("/".join(path), reason_of(exc), None)
            return None

    def _note(self, path, reason, data):
        # type: (str, str, bytes | None) -> None
        self.damaged.append({"file": path, "reason": reason, "bytes": None if data is None else base64_of(data)})

    def _dictionary(self, file):
        # type: (str) -> dict[Any, Any]
        """A pickled dictionary, empty where there is none; a damaged one is noted."""
        data = self._read("lists", self.name, file)
        if data is None:
            return {}
        try:
            found = load(io.BytesIO(data))
            if not isinstance(found, dict):
                raise Failure("it holds no dictionary")
            return found
        except Exception as exc:
            self._note("lists/{0}/{1}".format(self.name, file), reason_of(exc), data)
            return {}

    def _plain(self, value):
        # type: (Any) -> Any
        return plain(value, self.charset)

    def _people(self, attribute):
        # type: (str) -> dict[Any, Any]
        found = self.config.get(attribute)
        return found if isinstance(found, dict) else {}

    def _numbers(self, *names):
        # type: (*str) -> list[Any]
        values = [self.config.get(name) for name in names]
        return [value if isinstance(value, INTEGERS + (float,)) else 0 for value in values]

    def _requests(self, records):
        # type: (dict[Any, Any]) -> Iterator[dict[str, Any]]
        """Each as {"id", "kind", "record", and of a held message "line", "message" or "fault", "bytes"}."""
        for key in sorted(key for key in records if isinstance(key, INTEGERS)):
            try:
                number, record = records[key]
                kind, columns = REQUESTS[number]
                values = record if isinstance(record, tuple) else (record,)
                said = dict(
                    zip(
                        columns,
                        [None if name == "password" else self._plain(each) for name, each in zip(columns, values)],
                    )
                )
                if len(said) != len(columns):
                    raise ValueError(len(said))
            except Exception:
                # of a newer or damaged Mailman
                yield {"id": key, "kind": "unknown", "record": {"said": repr(records[key])}}
                continue
            found = {"id": key, "kind": kind, "record": said}
            if kind == "held":
                found.update(self._held(said["file"]))
                data = said.pop("data")
                said["received"] = data.get("received_time") if isinstance(data, dict) else None
            yield found

    def _held(self, file):
        # type: (Any) -> dict[str, Any]
        if not isinstance(file, str) or not _HELD_FILE.match(file):
            return {"fault": "its record names no file of a held message", "bytes": None}
        try:
            data = self.folder.read("data", file)
        except (OSError, Failure) as exc:
            return {"fault": reason_of(exc), "bytes": None}
        if data is None:
            return {"fault": "the file data/{0} is not there".format(file), "bytes": None}
        try:
            line, text = pickled_message(data) if file.lower().endswith(".pck") else plain_message(data)
        except Exception as exc:
            reason = "data/{0} cannot be read ({1})".format(file, reason_of(exc))
            return {"fault": reason, "bytes": base64_of(data)}
        return {"line": self._plain(line), "message": base64_of(text)}

    def _unnamed(self, held):
        # type: (dict[Any, Any]) -> Iterator[dict[str, Any]]
        """Files of held messages that no request names."""
        for file in self.folder.names("data"):
            if own_held_file(self.name, file) and file not in held:
                yield dict(self._held(file), file=file)

    def _confirmations(self, records):
        # type: (dict[Any, Any]) -> Iterator[dict[str, Any]]
        """Each as {"token", "kind", "expires", "record"}."""
        ends = records.get(b"evictions", records.get("evictions"))
        ends = ends if isinstance(ends, dict) else {}
        for key in sorted((key for key in records if isinstance(key, (bytes, str))), key=str):
            if native(key) in ("evictions", "version"):
                continue
            found = {"token": native(key), "expires": ends.get(key), "kind": "unknown"}  # type: dict[str, Any]
            try:
                kind, columns = CONFIRMATIONS[native(records[key][0])]
                said = dict(zip(columns, [self._confirmed(value) for value in records[key][1:]]))
                if len(said) != len(columns):
                    raise ValueError(len(said))
                found.update(kind=kind, record=said)
            except Exception:
                found["record"] = {"said": type(records[key]).__name__}
            yield found

    def _confirmed(self, value):
        # type: (Any) -> Any
        """A part of a confirmation; of a person what a subscription needs."""
        if not isinstance(value, Instance):
            return self._plain(value)
        said = self._plain(getattr(value, "state", None))
        if "address" not in said:
            # the message that came back from a probe
            return None
        return dict((key, said.get(key)) for key in ("address", "fullname", "digest", "language", "invitation"))

    def _digest(self):
        # type: () -> list[str]
        """The messages of the digest in progress, each with its line "From "."""
        data = self._read("lists", self.name, "digest.mbox") or b""
        return [base64_of(part) for part in _MBOX.split(data) if part.strip()]

    def _members(self):
        # type: () -> list[list[Any]]
        """Address, option flags, whether delivery is off, and language of each member."""
        try:
            rows = self.files.members(self.config)
        except Exception as exc:
            self._note("lists/{0}/config.pck".format(self.name), reason_of(exc), None)
            return []
        return [[row[0], row[3], bool(row[5]), row[6]] for row in rows]

    def _last_digests(self):
        # type: () -> Iterator[list[Any]]
        """Addresses of members who get one more digest, and whether it is a plain one."""
        options = self._people("user_options")
        for key in self._people("one_last_digest"):
            flags = options.get(key, 0)
            yield [self._plain(key), bool(flags & 8) if isinstance(flags, INTEGERS) else False]

    def _bounces(self):
        # type: () -> Iterator[dict[str, Any]]
        for key, info in self._people("bounce_info").items():
            said = self._plain(info)
            said = said if isinstance(said, dict) else {}
            yield {"address": self._plain(key), "score": said.get("score"), "date": said.get("date")}


class PendingHandler(CopyHandler):
    """Adds the request for what waits."""

    def __init__(self, folder, said, option):
        # type: (str, dict[str, Any], str) -> None
        CopyHandler.__init__(self, folder, said, option)
        self.folder = CopiedFolder(folder)

    def waiting(self, request):
        # type: (dict[str, Any]) -> dict[str, Any]
        """What waits in lists.

        request: {"lists": [names of their folders]}.
        answer: {"lists": {name: {"host", "requests", "unnamed": files of held messages that no request names,
        "confirmations", "digest": [base64], "issue": [volume, number of the next digest, time of the last one],
        "mime_digests": whether digests of new members are, "confirms": whether who asks for a subscription has confirmed,
        "last_digests", "bounces", "members": see WaitingFiles._members, "language": the list's, "passwords", "topics": how many
        members have one, "damaged": [{"file", "reason",
        "bytes"}]}}, "unreadable": {name: sentence}}.
        """
        answer, unreadable = {}, {}  # type: dict[str, Any], dict[str, str]
        there = set(self.folder.names("lists"))
        for name in request["lists"]:
            try:
                if name not in there:
                    raise Failure("list {0}: the copy has no list of this name".format(name))
                answer[name] = WaitingFiles(self, name).answer()
            except Exception as exc:
                unreadable[name] = sentence(name, exc)
        return {"lists": answer, "unreadable": unreadable}


def main():
    # type: () -> None
    serve(lambda request: PendingHandler(request["folder"], request["said"], request["option"]))
