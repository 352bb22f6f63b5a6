# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import types

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._apply import reconcile
from ansible_collections.listops.mailman.plugins.module_utils._apply.options import TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._errors import NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.client import CHARSET_REMEDY
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.translate import MAIL_TEXTS

INFO = ServerInfo(
    engine="mailman3",
    domains=["l.example.org"],
    lists=["old@l.example.org"],
    archive_policies={"old@l.example.org": "public"},
    listname_chars="[-_.0-9a-z]",
    charsets={"en": "us-ascii", "de": "iso-8859-1", "ja": "utf-8", "xx": "no-such-charset"},
    charset_names=True,
    charset_remedy=CHARSET_REMEDY,
)
EMPTY = {
    "settings": {},
    "rosters": {},
    "bans": [],
    "header_matches": [],
    "archivers": {},
    "templates": {},
    "saved": None,
}


class Mailman:
    """A Mailman with one list, which must not be told anything in these tests."""

    service = "mailman3"
    waited = 0.0
    info = INFO
    unreadable = types.MappingProxyType({})

    def tidy(self):
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_exc):
        return None

    def check(self, specs):
        return None

    def adapt(self, specs, actual):
        return specs, actual

    def read(self, _lists, **_request):
        return {"old@l.example.org": dict(EMPTY)}


def nothing_installed(connection, readonly):
    raise NotInstalled("Mailman is not installed here")


def run(check_mode, installed=True, **entry):
    declared = model.parse_site([entry])
    options = TaskOptions(Connection(), diff_limit=0, check_mode=check_mode)
    opens = (lambda connection, readonly: Mailman()) if installed else nothing_installed
    return reconcile.reconcile(options, lambda _info: declared, open_backend=opens)


# A run needs Mailman.
@pytest.mark.parametrize(("installed", "check_mode"), [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"name": "c++"}, "list c++@l.example.org: its name has '+': give a name without it"),
        ({"name": "x" * 65}, "its part before the @ has 65 characters: give up to 64"),
        ({"name": "x" * 300}, "its part before the @ has 300 characters: give up to 64"),
        ({"name": "y" * 65, "renamed_from": "old"}, "its part before the @ has 65 characters: give up to 64"),
        ({"name": "x", "members": ["m" * 65 + "@example.net"]}, "cannot be added, its part before the @ has 65"),
        ({"name": "x", "owners": ["m@" + "d" * 64 + ".example"]}, "cannot be added, a part of its domain has 64"),
        ({"name": "x", "members": ["m@" + "example." * 32 + "net"]}, "cannot be added, with its domain it has 261"),
    ],
)
def test_check_mode_refuses_what_the_run_refuses(check_mode, installed, entry, sentence):
    """Before anything is touched: the Mailman here takes no steps."""
    with pytest.raises(Invalid, match=re.escape(sentence)):
        run(check_mode, installed, domain="l.example.org", **entry)


def test_an_address_of_a_list_leaves_room_for_the_names_of_its_locks(monkeypatch):
    info = INFO._replace(domains=["d." + "example." * 12 + "org"])
    monkeypatch.setattr(Mailman, "info", info)
    with pytest.raises(Invalid, match="with its domain it has 164 characters: give up to 150"):
        run(True, name="x" * 62, domain=info.domains[0])


def test_what_is_there_already_is_not_measured(monkeypatch):
    name = "x" * 200 + "@l.example.org"
    member = {"address": "m" * 70 + "@example.net", "display_name": "", "delivery_mode": "regular"}
    member.update(delivery_status="enabled", moderation_action="default")
    there = dict(EMPTY)
    there["rosters"] = {"member": {member["address"]: member}}
    monkeypatch.setattr(Mailman, "info", INFO._replace(lists=[name]))
    monkeypatch.setattr(Mailman, "read", lambda self, _lists, **_request: {name: there})
    assert run(True, name=name, members=[member["address"]]).result["changed"] is False
    gone = run(True, name=name, members={"state": "absent", "addresses": [member["address"]]})
    assert gone.result["summary"]["members_removed"] == 1


@pytest.mark.parametrize(
    ("entry", "warned"),
    [
        ({"name": "x"}, True),
        ({"name": "x", "owners": []}, True),
        ({"name": "x", "owners": {"state": "absent", "addresses": ["o@example.net"]}}, True),
        ({"name": "x", "moderators": ["o@example.net"]}, True),
        ({"name": "x", "owners": ["o@example.net"]}, False),
        ({"name": "x", "state": "absent"}, False),
        # it has its owners already
        ({"name": "old"}, False),
    ],
)
def test_a_new_list_without_an_owner_is_warned_of(entry, warned):
    sentence = "list x@l.example.org has no owner: nobody gets the mail to its owners or notices of held posts"
    assert (sentence in run(True, domain="l.example.org", **entry).warnings) is warned


def test_warnings_are_safe_for_a_terminal():
    warnings = run(True, name="x@l.example.org", archivers=["a\x1b\u202eb"]).warnings
    assert all(map(str.isprintable, warnings)) and any("\\x1b" in warning for warning in warnings)


FOOTER = "list:member:regular:footer"
CHARSET_INFO = INFO._replace(
    templates=[FOOTER, "list:member:digest:masthead", "list:user:notice:welcome"],
    schema={
        "preferred_language": {"type": "enum", "choices": ["de", "en", "ja", "xx"]},
        "display_name": {"type": "line"},
        "msg_footer": {"type": "str"},
    },
)


def spoken(monkeypatch, info=None, language="en", **entry):
    there = dict(EMPTY)
    there["settings"] = {"preferred_language": language, "display_name": "Old"}
    monkeypatch.setattr(Mailman, "info", info or CHARSET_INFO)

    def read(self, _lists, *, settings, **_request):
        return {"old@l.example.org": dict(there, settings={key: there["settings"].get(key) for key in settings})}

    monkeypatch.setattr(Mailman, "read", read)
    return run(True, **dict({"name": "old@l.example.org"}, **entry)).warnings


@pytest.mark.parametrize(
    ("entry", "character"),
    [
        ({"templates": {FOOTER: "Über uns — x"}}, "Ü"),
        ({"templates": {"list:member:digest:masthead": "a — b"}}, "—"),
        ({"templates": {FOOTER: "Über uns — x"}, "language": "de"}, "—"),
        ({"templates": {FOOTER: "Über uns — x"}, "preferred_language": "de"}, "—"),
        ({"templates": {FOOTER: {"en": "Über"}}, "language": "ja"}, "Ü"),
        ({"templates": {FOOTER: "Über"}, "name": "new@l.example.org"}, "Ü"),
        ({"templates": {FOOTER: "Über"}, "name": "new@l.example.org", "renamed_from": "old"}, "Ü"),
    ],
)
def test_a_footer_that_the_lists_charset_lacks_is_refused(monkeypatch, entry, character):
    with pytest.raises(Invalid, match="has '{0}', which .*, lacks: give text in .*charset: utf-8".format(character)):
        spoken(monkeypatch, **entry)


@pytest.mark.parametrize(
    "entry",
    [
        {"templates": {FOOTER: "plain"}},
        {"templates": {FOOTER: ""}},
        {"templates": {FOOTER: "Über uns"}, "language": "de"},
        {"templates": {FOOTER: "Über uns — x"}, "language": "ja"},
        {"templates": {FOOTER: "Über uns — x"}, "preferred_language": "ja"},
        {"templates": {FOOTER: {"de": "Über", "en": "About"}}},
        {"templates": {FOOTER: "Über"}, "language": "xx"},
        # Mailman writes these in UTF-8.
        {"templates": {"list:user:notice:welcome": "Grüße"}},
    ],
)
def test_a_footer_that_it_has_is_taken(monkeypatch, entry):
    assert spoken(monkeypatch, **entry) == []


def test_a_name_that_the_lists_charset_lacks_is_said(monkeypatch):
    (warning,) = spoken(monkeypatch, display_name="Über")
    assert "display_name has 'Ü', which us-ascii, the charset of en, lacks" in warning
    assert spoken(monkeypatch, display_name="Über", language="de") == []


def test_on_mailman21_texts_for_mail_are_settings(monkeypatch):
    info = CHARSET_INFO._replace(charset_settings=MAIL_TEXTS, charset_names=False)
    with pytest.raises(Invalid, match="msg_footer has 'Ü', which us-ascii, the charset of en, lacks: give text in"):
        spoken(monkeypatch, info, settings={"msg_footer": "Über"})
    assert spoken(monkeypatch, info, settings={"msg_footer": "Über"}, language="de") == []
