# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.apache import HtdigestFile

from ansible_collections.listops.mailman.plugins.module_utils import _htdigest as htdigest

REALM = "arbcom-l archive"
A, B = b"a" * 32, b"b" * 32


def set_user(data: bytes, user: str, digest: bytes, realm: str = REALM) -> bytes:
    return htdigest.render(htdigest.upsert(htdigest.parse(data), user, realm, digest))


def remove_user(data: bytes, user: str, realm: str = REALM) -> bytes:
    return htdigest.render(htdigest.remove(htdigest.parse(data), user, realm))


def apache_finds(data: bytes, user: str, realm: str) -> bytes | None:
    """Apache's own reading (mod_authn_file's get_realm_hash over ap_cfg_getline), written down independently."""
    logical, collected = [], b""
    *complete, last = data.split(b"\n")
    for physical in complete:
        physical = physical[:-1] if physical.endswith(b"\r") else physical
        if physical.endswith(b"\\"):
            collected += physical[:-1]
            continue
        logical.append(collected + physical)
        collected = b""
    logical.append(collected + last)
    for line in logical:
        line = line.strip()
        if not line or line.startswith(b"#"):
            continue
        words = []
        for _word in range(3):
            word, _colon, line = line.partition(b":")
            words.append(word)
            line = line.lstrip(b":")
        if words[0] == user.encode() and words[1] == realm.encode():
            return words[2]
    return None


# --- Examples ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"alice:arbcom-l archive:" + A + b"\n"),
        (b"# readers\n\n", b"# readers\n\nalice:arbcom-l archive:" + A + b"\n"),
        (b"bob:other:" + B, b"bob:other:" + B + b"\nalice:arbcom-l archive:" + A + b"\n"),
        (b"bob:other:" + B + b"\r\n", b"bob:other:" + B + b"\r\nalice:arbcom-l archive:" + A + b"\r\n"),
        (b"alice:arbcom-l archive:" + B, b"alice:arbcom-l archive:" + A),
        (b"alice:arbcom-l archive:" + B + b"\r\n# x", b"alice:arbcom-l archive:" + A + b"\r\n# x"),
        (b"alice:other:" + B + b"\n", b"alice:other:" + B + b"\nalice:arbcom-l archive:" + A + b"\n"),
        (b"junk\ncaf\xe9:r\xff:x\n", b"junk\ncaf\xe9:r\xff:x\nalice:arbcom-l archive:" + A + b"\n"),
        # an entry that is already right keeps even its odd spacing
        (b"  alice:arbcom-l archive:" + A + b"  \n", b"  alice:arbcom-l archive:" + A + b"  \n"),
        # a second entry, never used by Apache, must not come to life later
        (
            b"alice:arbcom-l archive:" + A + b"\nx\nalice:arbcom-l archive:" + B + b"\n",
            b"alice:arbcom-l archive:" + A + b"\nx\n",
        ),
        # a backslash would swallow the line after it
        (b"x\n# end \\\n", b"x\nalice:arbcom-l archive:" + A + b"\n# end \\\n"),
        (b"x\n# end \\", b"x\nalice:arbcom-l archive:" + A + b"\n# end \\"),
        (b"# end \\\r", b"alice:arbcom-l archive:" + A + b"\n# end \\\r"),
        (b"# end \\", b"alice:arbcom-l archive:" + A + b"\n# end \\"),
    ],
)
def test_upsert(before, after):
    assert set_user(before, "alice", A) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b""),
        (b"alice:arbcom-l archive:" + A + b"\n", b""),
        (b"# x\r\nalice:arbcom-l archive:" + A + b"\r\nbob:arbcom-l archive:" + B, b"# x\r\nbob:arbcom-l archive:" + B),
        (b"alice:other:" + A + b"\n", b"alice:other:" + A + b"\n"),
        (b"alicea:arbcom-l archive:" + A + b"\n", b"alicea:arbcom-l archive:" + A + b"\n"),
        (b"Alice:arbcom-l archive:" + A + b"\n", b"Alice:arbcom-l archive:" + A + b"\n"),
        (b"#alice:arbcom-l archive:" + A + b"\n", b"#alice:arbcom-l archive:" + A + b"\n"),
        # all three are entries of alice to Apache
        (b"alice::arbcom-l archive::" + A + b"\n", b""),
        (b"\talice:arbcom-l archive:" + A + b"\n", b""),
        (b"ali\\\nce:arbcom-l archive:" + A + b"\nx\n", b"x\n"),
        (b"alice:arbcom-l archive:" + A + b"\nalice:arbcom-l archive:" + B + b"\n", b""),
    ],
)
def test_remove(before, after):
    assert remove_user(before, "alice") == after


def test_non_ascii_names_agree_with_passlib():
    digest = htdigest.compute_digest("Жанна", "архив", "пароль")
    assert digest == hashlib.md5("Жанна:архив:пароль".encode()).hexdigest().encode()
    data = set_user(b"", "Жанна", digest, "архив")
    assert HtdigestFile.from_string(data).check_password("Жанна", "архив", "пароль")
    assert htdigest.users_of(htdigest.parse(data), "архив") == ["Жанна"]


def test_verify():
    digest = htdigest.compute_digest("alice", REALM, "secret")
    assert htdigest.verify_digest("alice", REALM, "secret", digest)
    assert not htdigest.verify_digest("alice", REALM, "Secret", digest)
    assert not htdigest.verify_digest("alice", "other", "secret", digest)
    # Apache compares byte for byte, so these do not let anybody in
    assert not htdigest.verify_digest("alice", REALM, "secret", digest.upper())
    assert not htdigest.verify_digest("alice", REALM, "secret", b"\xff")
    assert not htdigest.verify_digest("alice", REALM, "secret", b"")


def test_plan_reports_what_it_does():
    digest = htdigest.compute_digest
    lines = htdigest.parse(
        b"# readers\n"
        + b"same:arbcom-l archive:" + digest("same", REALM, "1") + b"\n"
        + b"new-password:arbcom-l archive:" + A + b"\n"
        + b"leaves:arbcom-l archive:" + A + b"\n"
        + b"surplus:arbcom-l archive:" + A + b"\n"
        + b"surplus:other:" + A + b"\n"
    )  # fmt: skip
    users = [
        htdigest.User("same", "1"),
        htdigest.User("new-password", "2"),
        htdigest.User("leaves", None),
        htdigest.User("comes", "3"),
    ]
    change = htdigest.plan(lines, REALM, users)
    assert (change.created, change.updated, change.removed) == (["comes"], ["new-password"], ["leaves"])
    assert htdigest.users_of(change.lines, REALM) == ["same", "new-password", "surplus", "comes"]

    exact = htdigest.plan(lines, REALM, users, exact=True)
    assert exact.removed == ["leaves", "surplus"]
    assert htdigest.users_of(exact.lines, REALM) == ["same", "new-password", "comes"]
    assert htdigest.users_of(exact.lines, "other") == ["surplus"]

    kept = htdigest.plan(lines, REALM, users, update_password=False)
    assert kept.updated == []
    assert htdigest.find_digest(kept.lines, "new-password", REALM) == A

    again = htdigest.plan(exact.lines, REALM, users, exact=True)
    assert again == htdigest.Change(exact.lines, [], [], [])


def test_a_kept_password():
    lines = htdigest.parse(b"alice:arbcom-l archive:" + A + b"\n")
    source = htdigest.parse(
        b"alice:arbcom-l archive:" + B + b"\nbob:other:" + B + b"\nbob:arbcom-l archive:" + B + b"\n"
    )
    users = [htdigest.User("alice", None, keeps=True), htdigest.User("bob", None, keeps=True)]
    change = htdigest.plan(lines, REALM, users, exact=True, source=source)
    assert (change.created, change.updated, change.removed) == (["bob"], [], [])
    assert htdigest.find_digest(change.lines, "alice", REALM) == A
    assert htdigest.find_digest(change.lines, "bob", REALM) == B
    with pytest.raises(htdigest.NoPassword, match="bob"):
        htdigest.plan(lines, REALM, users)


def test_nobody_left():
    lines = htdigest.parse(b"# x\nalice:arbcom-l archive:" + A + b"\nalice:other:" + A + b"\n")
    change = htdigest.plan(lines, REALM, [], exact=True)
    assert htdigest.render(change.lines) == b"# x\nalice:other:" + A + b"\n"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "give text that is not empty"),
        ("a:b", "give text without a colon"),
        ("a\nb", "give text without line breaks"),
        ("a\rb", "give text without line breaks"),
        ("a\tb", "control characters"),
        ("a\0b", "control characters"),
        (" a", "give text without white space around it"),
        ("a ", "give text without white space around it"),
        ("#a", "give text that does not begin with '#'"),
        ("a\\", "give text without a backslash at its end"),
        ("\udcff", "UTF-8"),
        ("ж" * 128, "255 bytes in UTF-8; this has 256"),
    ],
)
def test_bad_fields_are_one_sentence(value, says):
    problem = htdigest.check_field("name", value)
    assert problem is not None
    assert says in problem
    assert problem.startswith("name is ") and problem.endswith(".") and "\n" not in problem


@pytest.mark.parametrize(
    "value", ["alice", "Жанна", "o'brien", "a b", "a#b", 'a"b', "a\\b", "x" * 255, "a@example.org"]
)
def test_good_fields(value):
    assert htdigest.check_field("name", value) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "is empty: give"),
        ("se\ncret", "line breaks"),
        ("se\0cret", "NUL"),
        ("se\udcffcret", "UTF-8"),
        ("secret" * 1000, "4096"),
    ],
)
def test_bad_passwords_are_never_shown(value, says):
    problem = htdigest.check_password("alice", value)
    assert problem is not None and says in problem
    assert "cret" not in problem


def test_good_password():
    assert htdigest.check_password("alice", "пароль: with a colon") is None


# --- Properties ----------------------------------------------------------------

PIECES = st.sampled_from(
    [
        b"alice", b"bob", b":", b"::", REALM.encode(), b"other", b"\n", b"\r\n", b"\r", b"\\\n", b"\\\r\n", b"\\", b"#", b" ", b"\t",
        b"\0", b"\xff\xfe", "Жанна".encode(), A, B, b"alice:arbcom-l archive:" + A, b"bob:other:" + B + b"\n",
    ]
)  # fmt: skip
FILES = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=25).map(b"".join))
NAMES = st.one_of(
    st.sampled_from(["alice", "bob", "Жанна", "x"]),
    st.text(min_size=1, max_size=20).filter(lambda name: htdigest.check_field("Name", name) is None),
)


def others(data: bytes, user: str, realm: str) -> list[bytes]:
    return [
        line.raw
        for line in htdigest.parse(data)
        if (line.user, line.realm) != (user.encode(), realm.encode())
    ]  # fmt: skip


@given(FILES)
def test_parse_and_render_give_the_file_back(data):
    assert htdigest.render(htdigest.parse(data)) == data


@given(FILES.filter(lambda data: b"\0" not in data), NAMES)
def test_apache_and_we_find_the_same(data, user):
    assert htdigest.find_digest(htdigest.parse(data), user, REALM) == apache_finds(data, user, REALM)


@given(FILES, NAMES)
def test_other_lines_survive_a_change(data, user):
    after = set_user(data, user, A)
    kept, was = others(after, user, REALM), others(data, user, REALM)
    # Only a last line without a line break may get one.
    assert kept == was or [*kept[:-1], kept[-1].rstrip(b"\r\n")] == [*was[:-1], was[-1].rstrip(b"\r\n")]
    assert apache_finds(after, user, REALM) == A
    assert set_user(after, user, A) == after


@given(FILES, NAMES)
def test_other_lines_survive_a_removal(data, user):
    after = remove_user(data, user)
    assert others(after, user, REALM) == others(data, user, REALM)
    assert apache_finds(after, user, REALM) is None
    assert remove_user(after, user) == after


@given(FILES.filter(lambda data: not data or data.endswith(b"\n")), NAMES)
def test_add_and_remove_is_no_change(data, user):
    without = remove_user(data, user)
    assert remove_user(set_user(without, user, A), user) == without


@given(FILES, st.dictionaries(NAMES, st.one_of(st.none(), st.just("secret")), max_size=4), st.booleans(), st.booleans())
def test_a_plan_applied_twice_changes_nothing(data, wanted, exact, update_password):
    users = [htdigest.User(name, password) for name, password in wanted.items()]
    first = htdigest.plan(htdigest.parse(data), REALM, users, exact=exact, update_password=update_password)
    lines = htdigest.parse(htdigest.render(first.lines))
    second = htdigest.plan(lines, REALM, users, exact=exact, update_password=update_password)
    assert htdigest.render(second.lines) == htdigest.render(first.lines)
    assert (second.created, second.updated, second.removed) == ([], [], [])
    for user in users:
        found = apache_finds(htdigest.render(first.lines), user.name, REALM)
        assert (found is None) == (user.password is None)


@given(st.text(max_size=30))
def test_check_field_accepts_exactly_what_survives_a_file(value):
    if htdigest.check_field("Name", value) is None:
        data = set_user(b"", value, A)
        assert apache_finds(data, value, REALM) == A
        assert HtdigestFile.from_string(data).users(REALM) == [value]
    else:
        assert (
            not value
            or any(bad in value for bad in ":#\\ ")
            or not value.isprintable()
            or len(value.encode("utf-8", "replace")) > 255
        )
