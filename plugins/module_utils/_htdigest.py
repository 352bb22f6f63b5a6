# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""htdigest files as lists of lines: parse, set, remove. Pure functions, no I/O.

A file is read the way Apache reads it: logical lines (a backslash at the end
of a line joins the next one), white space around a line does not count, the
first entry of a user in a realm wins. Lines that are not ours keep every byte.
"""

from __future__ import annotations

import hashlib
import hmac
import io
from typing import Iterable, NamedTuple

# What Apache's own htdigest tool accepts at most.
MAX_FIELD_BYTES = 255
MAX_PASSWORD_CHARACTERS = 4096

_WHITE_SPACE = b" \t\r\n\v\f"


class Line(NamedTuple):
    """One logical line; user, realm and digest are None for anything that is not an entry."""

    raw: bytes
    user: bytes | None = None
    realm: bytes | None = None
    digest: bytes | None = None


class Change(NamedTuple):
    """The new lines, and the changed users."""

    lines: list[Line]
    created: list[str]
    updated: list[str]
    removed: list[str]


class User(NamedTuple):
    """A declared user. Without a password the user shall be absent, or, if `keeps`, keep the present hash."""

    name: str
    password: str | None
    keeps: bool = False


class NoPassword(Exception):
    """A user who should keep a password that he does not have, by name."""


def check_field(label: str, value: str) -> str | None:
    """The refusal of a user name or realm, or None. label: the option that holds it."""
    if not value:
        return f"{label} is '': give text that is not empty."
    if ":" in value:
        return f"{label} is {value!r}: give text without a colon, which separates the fields of an htdigest file."
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        return f"{label} is {value!r}: give text without line breaks or other control characters."
    if value != value.strip():
        return f"{label} is {value!r}: give text without white space around it."
    if value.startswith("#"):
        return f"{label} is {value!r}: give text that does not begin with '#', which would make the line a comment."
    if value.endswith("\\"):
        return f"{label} is {value!r}: give text without a backslash at its end, which would escape a quote in HTTP headers."
    try:
        encoded = value.encode("utf-8")
    except UnicodeEncodeError:
        return f"{label} is {value!r}: give text that UTF-8 can hold."
    if len(encoded) > MAX_FIELD_BYTES:
        return f"{label} is {value!r}: give text of up to {MAX_FIELD_BYTES} bytes in UTF-8; this has {len(encoded)}."
    return None


def check_password(user: str, value: str) -> str | None:
    """The refusal of a password, which does not show it, or None."""
    if not value:
        return f"The password of {user!r} is empty: give one of at least one character."
    if any(character in value for character in "\r\n\0"):
        return f"The password of {user!r} is not accepted: give one without line breaks and NUL, which no browser can send."
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return f"The password of {user!r} is not accepted: give text that UTF-8 can hold."
    if len(value) > MAX_PASSWORD_CHARACTERS:
        return f"The password of {user!r} is not accepted: give up to {MAX_PASSWORD_CHARACTERS} characters."
    return None


def compute_digest(user: str, realm: str, password: str) -> bytes:
    """The hash as it stands in the file, which is that of HTTP digest authentication."""
    secret = "{0}:{1}:{2}".format(user, realm, password).encode("utf-8")
    return hashlib.md5(secret).hexdigest().encode("ascii")


def verify_digest(user: str, realm: str, password: str, digest: bytes) -> bool:
    """Whether Apache would accept this password."""
    return hmac.compare_digest(compute_digest(user, realm, password), digest)


def _parse_line(raw: bytes) -> Line:
    text = raw.replace(b"\\\r\n", b"").replace(b"\\\n", b"").strip(_WHITE_SPACE)
    if not text or text.startswith(b"#") or b":" not in text:
        return Line(raw)
    # Apache takes a run of colons for one separator.
    user, _colon, rest = text.partition(b":")
    realm, _colon, rest = rest.lstrip(b":").partition(b":")
    digest = rest.lstrip(b":").partition(b":")[0]
    return Line(raw, user, realm, digest)


def _continues(physical: bytes) -> bool:
    return physical.endswith((b"\\\n", b"\\\r\n"))


def parse(data: bytes) -> list[Line]:
    """Split a file into logical lines; joining their raw bytes gives the file back."""
    lines: list[Line] = []
    pending = b""
    for physical in io.BytesIO(data):
        pending += physical
        if not _continues(physical):
            lines.append(_parse_line(pending))
            pending = b""
    if pending:
        lines.append(_parse_line(pending))
    return lines


def render(lines: Iterable[Line]) -> bytes:
    return b"".join(line.raw for line in lines)


def _matches(line: Line, user: bytes, realm: bytes) -> bool:
    return line.user == user and line.realm == realm


def find_digest(lines: Iterable[Line], user: str, realm: str) -> bytes | None:
    """The hash Apache would use for this user."""
    wanted = (user.encode("utf-8"), realm.encode("utf-8"))
    return next((line.digest for line in lines if _matches(line, *wanted)), None)


def users_of(lines: Iterable[Line], realm: str) -> list[str]:
    """The users of one realm in the order of the file, each once."""
    wanted = realm.encode("utf-8")
    names = (
        line.user.decode("utf-8", "backslashreplace")
        for line in lines
        if line.user is not None and line.realm == wanted
    )
    return list(dict.fromkeys(names))


def _ending(raw: bytes) -> bytes:
    if raw.endswith(b"\r\n"):
        return b"\r\n"
    return b"\n" if raw.endswith(b"\n") else b""


def upsert(lines: list[Line], user: str, realm: str, digest: bytes) -> list[Line]:
    """Set a user's hash: in place of the first entry of the user, or at the end. Further entries are removed."""
    name, area = user.encode("utf-8"), realm.encode("utf-8")
    entry = name + b":" + area + b":" + digest
    result: list[Line] = []
    done = False
    for line in lines:
        if not _matches(line, name, area):
            result.append(line)
        elif not done:
            done = True
            same = line.digest == digest
            result.append(line if same else Line(entry + _ending(line.raw), name, area, digest))
    if done:
        return result

    end = len(result)
    if result and _continues(result[-1].raw):
        end -= 1  # An entry after it would be read as its continuation.
    before = result[end - 1] if end else None
    ending = (_ending(before.raw) if before else b"") or b"\n"
    if before and not _ending(before.raw):
        # An open backslash must not swallow the line break that we have to add.
        if before.raw.endswith((b"\\", b"\\\r")):
            return [*result[: end - 1], Line(entry + ending, name, area, digest), *result[end - 1 :]]
        result[end - 1] = before._replace(raw=before.raw + ending)
    result.insert(end, Line(entry + ending, name, area, digest))
    return result


def remove(lines: list[Line], user: str, realm: str) -> list[Line]:
    """Remove every entry of a user in a realm."""
    name, area = user.encode("utf-8"), realm.encode("utf-8")
    return [line for line in lines if not _matches(line, name, area)]


def plan(
    lines: list[Line],
    realm: str,
    users: Iterable[User],
    *,
    exact: bool = False,
    update_password: bool = True,
    source: Iterable[Line] = (),
) -> Change:
    """Compute the file with these users in this realm. exact: remove the realm's other users.

    source: another file, which has the hash of users who keep theirs and are not in this one. NoPassword: a user is in neither.
    """
    wanted = list(users)
    source = list(source)
    created: list[str] = []
    updated: list[str] = []
    removed: list[str] = []
    result = lines
    for user in wanted:
        digest = find_digest(result, user.name, realm)
        if user.keeps:
            kept = digest or find_digest(source, user.name, realm)
            if kept is None:
                raise NoPassword(user.name)
            if digest is None:
                created.append(user.name)
            result = upsert(result, user.name, realm, kept)
        elif user.password is None:
            if digest is not None:
                removed.append(user.name)
                result = remove(result, user.name, realm)
        elif digest is None:
            created.append(user.name)
            result = upsert(result, user.name, realm, compute_digest(user.name, realm, user.password))
        else:
            fresh = digest
            if update_password and not verify_digest(user.name, realm, user.password, digest):
                fresh = compute_digest(user.name, realm, user.password)
                updated.append(user.name)
            result = upsert(result, user.name, realm, fresh)
    if exact:
        keep = {user.name.encode("utf-8") for user in wanted if user.keeps or user.password is not None}
        area = realm.encode("utf-8")
        surplus = [line.user is not None and line.realm == area and line.user not in keep for line in result]
        removed.extend(users_of([line for line, drop in zip(result, surplus) if drop], realm))
        result = [line for line, drop in zip(result, surplus) if not drop]
    return Change(result, created, updated, removed)
