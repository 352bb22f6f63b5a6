# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads Mailman 2.1's files without Mailman: its pickles are dictionaries of attributes.

Runs in Mailman 2.1's own Python 2.7, and in Python 3 for a host that only has
the files. Bytes are decoded with the list's own charset.
"""

import hashlib
import itertools
import os
import pickle
import re
import sys

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import IO, Any, Iterable  # noqa: F401

PYTHON2 = sys.version_info[0] == 2
INTEGERS = (int, type(sys.maxsize + 1))
# A folder with one of these is a list to Mailman.
CONFIG_FILES = ("config.pck", "config.pck.last", "config.db", "config.db.last")
# The attribute with the saved settings of a disabled list.
SAVED = "listops_disabled"
# Kinds of requests by number, and the fields of their records.
REQUESTS = {
    1: ("held", ("time", "sender", "subject", "reason", "file", "data")),
    2: ("subscriptions", ("time", "address", "name", "password", "digest", "language")),
    3: ("unsubscriptions", ("address",)),
}
# Attributes with a list's own passwords, as SHA-1.
LIST_PASSWORDS = ("password", "mod_password", "post_password")
# Names of a list's own texts and pages. They are shown, and nobody writes longer ones.
TEXT = re.compile(r"[a-z]+\.(?:txt|html)\Z")
LONGEST_TEXT = 65536
CLASSES = (
    ("Mailman.Bouncer", "_BounceInfo"),
    ("Mailman.Message", "Message"),
    ("Mailman.UserDesc", "UserDesc"),
)


WORDS = (bytes, type(b"".decode("ascii")))
# Attributes with values by members' addresses: types of values, and their names in a message.
MEMBER_ATTRIBUTES = {
    "members": (WORDS + INTEGERS, "an address or 0"),
    "digest_members": (WORDS + INTEGERS, "an address or 0"),
    "usernames": (WORDS + (type(None),), "a name"),
    "user_options": (INTEGERS, "a number"),
    "language": (WORDS, "a language"),
    "delivery_status": (tuple, "a number and a time"),
}  # type: dict[str, tuple[Any, str]]


def odd(name, value, accepted):
    # type: (str, Any, str) -> str
    """The sentence about an attribute of a type that Mailman does not use."""
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return "its attribute {0} is {1}, where Mailman 2.1 keeps {2}; set it with withlist".format(name, shown, accepted)


class Instance(object):
    """Stands for an instance of one of Mailman's classes; `state` holds its attributes."""

    def __init__(self, *_args):
        # type: (*Any) -> None
        """An exception is pickled with its arguments, which are not kept."""

    def __setstate__(self, state):
        # type: (Any) -> None
        self.state = state


def latin1(value, encoding):
    # type: (Any, Any) -> bytes
    """The bytes that Python 3 pickled as text."""
    if encoding != "latin1" or isinstance(value, bytes):
        raise pickle.UnpicklingError("it encodes text as {0!r}".format(encoding))
    found = value.encode("latin-1")  # type: bytes
    return found


def no_bytes():
    # type: () -> bytes
    """The same of no bytes."""
    return b""


# How Python 3 pickles bytes in the formats that Python 2 knows.
BYTES = {
    ("_codecs", "encode"): latin1,
    ("builtins", "bytes"): no_bytes,
    ("__builtin__", "bytes"): no_bytes,
}  # type: dict[tuple[str, str], Any]


def find_class(module, name):
    # type: (str, str) -> Any
    """Return a class that only holds data, so that a pickle runs no code."""
    if (module, name) in CLASSES:
        return Instance
    if (module, name) in BYTES and not PYTHON2:
        return BYTES[module, name]
    raise pickle.UnpicklingError("it holds a {0}.{1}".format(module, name))


if PYTHON2:
    import cPickle  # type: ignore[import-not-found] # pylint: disable=import-error

    def load(handle):
        # type: (IO[bytes]) -> Any
        unpickler = cPickle.Unpickler(handle)
        unpickler.find_global = find_class
        return unpickler.load()

else:

    class _Unpickler(pickle.Unpickler):
        def find_class(self, module_name, global_name):
            # type: (str, str) -> Any
            return find_class(module_name, global_name)

    def load(handle):
        # type: (IO[bytes]) -> Any
        """Load a pickle. Text of Python 2 stays bytes, because only the list has its charset."""
        return _Unpickler(handle, encoding="bytes").load()


def native(name):
    # type: (Any) -> str
    """An ASCII name in the interpreter's own kind of str."""
    return name if isinstance(name, str) else str(name.decode("ascii") if isinstance(name, bytes) else name)


def text(value, charset):
    # type: (Any, str) -> Any
    """Decode text as Mailman does: with the list's charset, otherwise with UTF-8, as it came by mail or shell."""
    for encoding in (charset, "utf-8"):
        try:
            return value.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    return value.decode("iso-8859-1")


def plain(value, charset):
    # type: (Any, str) -> Any
    """A value in a form for JSON."""
    if isinstance(value, bytes):
        return text(value, charset)
    if isinstance(value, (list, tuple)):
        return [plain(item, charset) for item in value]
    if isinstance(value, Instance):
        return plain(getattr(value, "state", None), charset)
    if isinstance(value, dict):
        return dict((_key(key, charset), plain(item, charset)) for key, item in value.items())
    return value


def _key(key, charset):
    # type: (Any, str) -> Any
    """A key in a form for JSON."""
    return text(repr(key).encode("ascii"), charset) if isinstance(key, (tuple, Instance)) else plain(key, charset)


class Files(object):
    """The lists below one directory.

    lists, data: LIST_DATA_DIR and DATA_DIR.
    charsets: language -> charset, as mm_cfg.LC_DESCRIPTIONS has it.
    """

    def __init__(self, lists, data, charsets):
        # type: (str, str, dict[str, str]) -> None
        self.lists = lists
        self.data = data
        self.charsets = charsets
        # Lists that were read, and that a Mailman 2 on Python 3 wrote.
        self.python3 = set()  # type: set[str]

    def names(self):
        # type: () -> list[str]
        """All lists, including those that cannot be read."""
        return sorted(name for name in os.listdir(self.lists) if self.exists(name))

    def exists(self, name):
        # type: (str) -> bool
        folder = os.path.join(self.lists, name)
        return any(os.path.exists(os.path.join(folder, file)) for file in CONFIG_FILES)

    def config(self, name):
        # type: (str) -> dict[str, Any]
        """The attributes of a list as they are stored. An unreadable list is an error, not an absent list."""
        path = os.path.join(self.lists, name, "config.pck")
        config = self._load(path, "list {0}".format(name))
        if not isinstance(config, dict):
            raise Failure("list {0}: {1} holds no attributes".format(name, path))
        if os.path.exists(os.path.join(self.lists, name, "extend.py")):
            raise Failure("list {0}: extend.py may keep its members elsewhere, which is not supported".format(name))
        if PYTHON2:
            return config
        if config and all(isinstance(key, str) for key in config):
            # Python 2 pickles names as bytes.
            self.python3.add(name)
        return dict((native(key), value) for key, value in config.items())

    @staticmethod
    def _load(path, what):
        # type: (str, str) -> Any
        try:
            with open(path, "rb") as handle:
                return load(handle)
        except Exception as exc:
            # A damaged pickle can raise almost any exception.
            reason = getattr(exc, "strerror", None) or "{0}: {1}".format(type(exc).__name__, exc)
            copy = "Mailman has a copy in {0}.last; ".format(path) if os.path.exists(path + ".last") else ""
            raise Failure(
                "{0}: {1} cannot be read ({2}); {3}nothing was changed of it".format(what, path, reason, copy)
            )

    def charset(self, config):
        # type: (dict[str, Any]) -> str
        language = config.get("preferred_language", b"en")
        try:
            return self.charsets.get(native(language), "us-ascii")
        except (AttributeError, UnicodeError):
            # Not a valid language; the reader of the list reports it.
            return "us-ascii"

    @staticmethod
    def host(config):
        # type: (dict[str, Any]) -> str
        host = config.get("host_name")
        try:
            # Python 2 accepts any bytes as str.
            if isinstance(host, WORDS) and host and native(host).encode("ascii"):
                return native(host).lower()
        except UnicodeError:
            pass
        raise Failure(odd("host_name", host, "the name of a domain"))

    def attributes(self, config, names):
        # type: (dict[str, Any], Iterable[str]) -> dict[str, Any]
        """Attributes in a form for JSON, without those that this Mailman does not know."""
        charset = self.charset(config)
        return dict((name, plain(config[name], charset)) for name in names if name in config)

    def policies(self):
        # type: () -> tuple[dict[str, str], list[str], dict[str, str]]
        """The hosts of lists, the names of those with a private archive, and sentences about unreadable ones."""
        lists, private, unreadable = {}, [], {}
        for name in self.names():
            try:
                config = self.config(name)
                lists[name] = self.host(config)
            except Exception as exc:
                unreadable[name] = sentence(name, exc)
            else:
                # A list without a readable policy is unreadable, and its archive is shown to nobody.
                if config.get("archive_private", True):
                    private.append(name)
        return lists, private, unreadable

    def entry(self, name, request):
        # type: (str, dict[str, Any]) -> dict[str, Any]
        """One list; see Mailman21Handler.read."""
        config = self.config(name)
        entry = {"attributes": self.attributes(config, request["attributes"])}  # type: dict[str, Any]
        entry["saved"] = plain(config.get(SAVED), self.charset(config))
        if request["members"]:
            entry["members"] = self.members(config)
        if request.get("count"):
            entry["count"] = self.count(config)
        if request.get("texts"):
            entry["texts"] = self.texts(name)
        given = request["passwords"].get(name, {})
        entry["passwords"] = dict((key, same_password(config.get(key), given.get(key))) for key in LIST_PASSWORDS)
        return entry

    def all_texts(self, names):
        # type: (Iterable[str]) -> dict[str, Any]
        """The own texts of lists: {"texts": {name: see texts}, "unreadable": {name: sentence}}."""
        answer, unreadable = {}, {}  # type: dict[str, Any], dict[str, str]
        for name in names:
            try:
                answer[name] = self.texts(name)
            except Exception as exc:
                unreadable[name] = sentence(name, exc)
        return {"texts": answer, "unreadable": unreadable}

    def texts(self, name):
        # type: (str) -> dict[str, dict[str, str]]
        """The list's own texts and pages, which take the place of Mailman's: language -> file -> content."""
        found = {}  # type: dict[str, dict[str, str]]
        folder = os.path.join(self.lists, name)
        for language in sorted(os.listdir(folder)):
            room = os.path.join(folder, language)
            if language not in self.charsets or os.path.islink(room) or not os.path.isdir(room):
                continue
            for file in sorted(os.listdir(room)):
                path = os.path.join(room, file)
                if not TEXT.match(file) or os.path.islink(path) or not os.path.isfile(path):
                    continue
                with open(path, "rb") as handle:
                    content = handle.read(LONGEST_TEXT)
                found.setdefault(language, {})[file] = plain(content, self.charsets[language])
        return found

    def members(self, config):
        # type: (dict[str, Any]) -> list[list[Any]]
        """Rows of lower-case address, address as given, name, option flags, digest, delivery status, language."""
        charset = self.charset(config)
        self._check_members(config)
        names, options, language = config["usernames"], config["user_options"], config["language"]
        status = config.get("delivery_status", {})
        languages = dict((code, plain(code, charset)) for code in set(language.values()))
        rows = []
        for digest, people in ((False, config["members"]), (True, config["digest_members"])):
            for key, given in people.items():
                name = names.get(key)
                rows.append(
                    [
                        text(key, charset) if isinstance(key, bytes) else key,
                        plain(given, charset) if given else None,
                        plain(name, charset) if name else "",
                        options.get(key, 0),
                        digest,
                        status[key][0] if key in status else 0,
                        languages.get(language.get(key)),
                    ]
                )
        return rows

    def count(self, config):
        # type: (dict[str, Any]) -> int
        """How many members there are, two spellings of an address being one."""
        charset = self.charset(config)
        self._check_members(config)
        keys = itertools.chain(config["members"], config["digest_members"])
        return len(set((text(key, charset) if isinstance(key, bytes) else key).lower() for key in keys))

    @staticmethod
    def _check_members(config):
        # type: (dict[str, Any]) -> None
        """Refuse members whose attributes have types that Mailman does not use."""
        for name, (kinds, accepted) in MEMBER_ATTRIBUTES.items():
            people = config.get(name, {} if name == "delivery_status" else None)
            if not isinstance(people, dict):
                raise Failure(odd(name, people, "a dictionary of members"))
            for key, value in people.items():
                if not isinstance(key, WORDS):
                    raise Failure(odd(name, {key: value}, "addresses as keys"))
                if not isinstance(value, kinds) or (
                    kinds is tuple and (not value or not isinstance(value[0], INTEGERS))
                ):
                    raise Failure(odd("{0} of {1!r}".format(name, key), value, accepted))

    def requests(self, name):
        # type: (str) -> dict[str, list[dict[str, Any]]]
        """Pending requests of exactly this list, from its own records: held posts, subscriptions, unsubscriptions."""
        found = dict((kind, []) for kind, _columns in REQUESTS.values())  # type: dict[str, list[dict[str, Any]]]
        path = os.path.join(self.lists, name, "request.pck")
        if not os.path.exists(path):
            return found
        charset = self.charset(self.config(name))
        records = self._load(path, "list {0}".format(name))
        # Besides requests, which have numbers as keys, the file has its version.
        for key in sorted(key for key in records if isinstance(key, INTEGERS)):
            number, record = records[key]
            if number in REQUESTS:
                kind, columns = REQUESTS[number]
                values = record if isinstance(record, tuple) else (record,)
                found[kind].append(dict(zip(columns, plain(values, charset)), id=key))
        return found


def digest(password):
    # type: (str) -> str
    """A password as Mailman stores it."""
    return str(hashlib.sha1(password.encode("utf-8")).hexdigest())


def same_password(stored, given):
    # type: (Any, Any) -> Any
    """True when given is the stored password, otherwise whether one is set."""
    if not stored:
        return None
    return True if given is not None and digest(given) == native(stored) else "set"


def sentence(name, exc):
    # type: (str, Exception) -> str
    """An error as a sentence with the name of the list."""
    start = "list {0}: ".format(name)
    if not isinstance(exc, Failure):
        return "{0}{1}: {2}".format(start, type(exc).__name__, exc)
    return str(exc) if str(exc).startswith(start) else start + str(exc)


def own_held_file(name, file):
    # type: (str, str) -> bool
    """Whether a file of a held message belongs to this list, and not to one whose name only begins the same."""
    return bool(re.match(r"heldmsg-" + re.escape(name) + r"-\d+\.(pck|txt)\Z", file, re.IGNORECASE))
