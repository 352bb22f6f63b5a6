# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of Mailman 2.1 for a Mailman 3: what it can hold is carried over, and everything else is named."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, plan
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, stock
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import load
from ansible_collections.listops.mailman.plugins.module_utils._migrate import to_mailman3
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import inventory
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.declared import vocabulary_of_mailman3

NAME = "talk@lists.example.org"
INSTEAD = to_mailman3.INSTEAD
FIXTURE = Path(__file__).resolve().parents[4] / "truth/sodium-var-lib-mailman.tgz"


def person(address: str, name: str = "", action: str = "default") -> dict[str, str]:
    more = {"delivery_mode": "regular", "delivery_status": "enabled", "moderation_action": action}
    return {"address": address, "display_name": name, **more}


def old(**settings: Any) -> dict[str, Any]:
    """A new list of Mailman 2.1, as mailman_list_info returns it, with some other settings."""
    schema = options.schema(stock.OPTIONS, sorted(stock.CHARSETS))
    fresh = {
        name: options.read_setting(name, stock.NEW_LIST, kind)
        for name, kind in schema.items()
        if kind["type"] != "secret"
    }
    return {
        "state": "present",
        "before": None,
        "settings": {**fresh, "display_name": "Talk", "subject_prefix": "[Talk] ", **settings},
        "bans": [],
        "header_matches": [],
        "archivers": {},
        "templates": {},
        "rosters": {"owner": [person("owner@example.org")], "moderator": [], "member": [], "nonmember": []},
        "archive_shown": None,
    }


def server(**lists: dict[str, Any]) -> dict[str, Any]:
    return {
        "engine": "mailman21",
        "domains": ["lists.example.org"],
        "lists": {f"{name}@lists.example.org": each for name, each in lists.items()},
        "unreadable": {},
        "available_settings": options.schema(stock.OPTIONS, sorted(stock.CHARSETS)),
    }


def converted(found: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The one list, and what is said of it."""
    made = to_mailman3.convert(server(talk=found), vocabulary_of_mailman3())
    return made.found["lists"][NAME], made.lost.get(NAME, [])


def test_a_new_list_loses_nothing() -> None:
    found, lost = converted(old())
    assert lost == []
    assert found["settings"]["member_roster_visibility"] == "members"


@pytest.mark.parametrize("name", sorted(options.schema(stock.OPTIONS, ["en"])))
def test_every_setting_is_carried_over_or_named(name: str) -> None:
    """Another value than that of a new list is in Mailman 3's settings or templates, or a sentence says its name."""
    kind = options.schema(stock.OPTIONS, sorted(stock.CHARSETS))[name]
    fresh = old()["settings"].get(name)
    other: dict[str, Any] = {
        "bool": not fresh,
        "int": 17,
        "float": 17.0,
        "interval": 17 * 86400,
        "line": "Talk",
        "address": "other@example.org",
        "str": "another text\n",
        "list": ["^.*@other\\.example\\.org$"],
        "patterns": ["^.*@other\\.example\\.org$"],
        "topics": [{"name": "a", "pattern": "b", "description": "c"}],
        "secret": "set",
        "enum": next((each for each in kind.get("choices", ()) if each != fresh), None),
    }
    value = other[kind["type"]]
    found, lost = converted(old(**{name: value}))
    carried = found["settings"].get(name) == value or value in found["templates"].values()
    named = any(
        sentence.startswith(f"{name} ") and sentence.endswith(f"{INSTEAD[name]}.")
        for sentence in lost
        if name in INSTEAD
    )
    # A text is carried over, or named with the template that it belongs into.
    named |= name in to_mailman3.TEXTS and any(to_mailman3.TEXTS[name] in sentence for sentence in lost)
    assert carried + named == 1 or (name in to_mailman3.EVERY_LIST_HAS and name in INSTEAD and not lost), lost


def test_everything_that_mailman_21_keeps_of_a_list_has_a_place_or_a_reason() -> None:
    """Attributes of real lists, those of its table of options, and the names of both in this collection."""
    rows = {name for name, _widget, _choices in stock.OPTIONS} | {
        *stock.NEW_LIST,
        *options.UNLISTED,
        *options.PASSWORDS,
    }
    real: set[str] = set()
    with tarfile.open(FIXTURE) as tar:
        for member in tar.getmembers():
            if re.search(r"/lists/[^/]+/config\.pck$", member.name):
                stored = tar.extractfile(member)
                assert stored
                real |= {key.decode() for key in load(stored)}
    assert len(real) > 140
    settings = options.schema(stock.OPTIONS, ["en"])
    covered = options.covered()
    for attribute in rows | real:
        name = covered.get(attribute, attribute)
        carried = name in options.STRUCTURED or name in vocabulary_of_mailman3() or name in to_mailman3.TEXTS
        assert carried or name in INSTEAD or attribute in to_mailman3.STATE, attribute
        assert name in settings or name in options.STRUCTURED or attribute in to_mailman3.STATE, attribute
    assert set(INSTEAD) <= set(settings)
    # What Mailman 3 has is not said to be lost, but for the password.
    assert set(INSTEAD) & set(vocabulary_of_mailman3()) == {"moderator_password"}


def test_what_is_written_is_valid_for_mailman3() -> None:
    found = server(talk=old(description="Talk", max_message_size=100, topics_enabled="enabled"), **{"dev+test": old()})
    said = DataLoader().load(inventory.write(found, "leave", {}, "mailman3").files["lists.yml"])
    specs = model.parse_site(said["mailman_lists"], said.get("mailman_list_defaults"))
    resolved = model.resolve(specs, domains=["lists.example.org"], schema=vocabulary_of_mailman3())
    assert [spec.name.partition("@")[0] for spec in resolved] == ["dev-test", "talk"]
    written = inventory.write(found, "leave", {}, "mailman3")
    assert "mailman_engine: mailman3" in written.files["server.yml"]
    assert "name: dev-test" in written.files["lists.yml"]
    assert any("it is called dev-test" in said for said in written.notes["dev-test@lists.example.org"])


@pytest.mark.parametrize(
    ("setting", "text", "template", "expected"),
    [
        ("msg_footer", "%(real_name)s, $5, 100%%\n", "list:member:regular:footer", "$display_name, $$5, 100%\n"),
        (
            "digest_footer",
            "See %(web_page_url)slistinfo%(cgiext)s/%(_internal_name)s",
            "list:member:digest:footer",
            "See $listname",
        ),
        ("welcome_msg", "Welcome to %(host_name)s", "list:user:notice:welcome", "Welcome to $domain"),
    ],
)
def test_texts_become_templates(setting: str, text: str, template: str, expected: str) -> None:
    found, lost = converted(old(**{setting: text}))
    assert (found["templates"], lost) == ({template: expected}, [])
    assert model.parse_list({"name": "talk", "templates": found["templates"]}, {}).templates == found["templates"]


def test_a_text_with_a_placeholder_that_has_no_place_is_named() -> None:
    found, lost = converted(old(msg_footer="Leave: %(user_optionsurl)s, %(cgiext)s\n"))
    assert found["templates"] == {}
    assert lost == [
        "msg_footer has %(user_optionsurl)s, %(cgiext)s, which Mailman 3 does not fill in: it is not carried over; "
        "write list:member:regular:footer under templates."
    ]


def test_texts_of_the_lists_own_folder_become_templates() -> None:
    postack = "Your message %(subject)s to %(listname)s is out, for $5.\n"
    source = old()
    source["own_texts"] = {
        "de": {"postack.txt": postack, "verify.txt": "Bitte%(remote)s: %(cookie)s an %(requestaddr)s\n"},
        "en": {
            "postack.txt": postack + "See %(optionsurl)s\n",
            "listinfo.html": "<h1>",
            "userpass.txt": "x",
            "strange.txt": "x",
        },
        "tlh": {"postack.txt": postack},
    }
    found, lost = converted(source)
    assert found["templates"] == {
        "list:user:notice:post": {"de": "Your message $subject to $display_name is out, for $$5.\n"},
        "list:user:action:subscribe": {"de": "Bitte: $token an $confirm_email\n"},
    }
    assert lost == [
        "The text en/listinfo.html is not carried over: the web interface has pages of its own.",
        "The text en/postack.txt has %(optionsurl)s, which Mailman 3 does not fill in: it is not carried over; "
        "write list:user:notice:post under templates.",
        "The text en/strange.txt is not carried over: Mailman 3 sends no such text.",
        "The text en/userpass.txt is not carried over: nobody has a password for a list.",
        "The text tlh/postack.txt is not carried over: Mailman 3 does not have that language.",
    ]
    assert model.parse_list({"name": "talk", "templates": found["templates"]}, {}).templates == found["templates"]


@pytest.mark.parametrize("file", sorted(to_mailman3.FILES))
def test_placeholders_of_files_are_those_of_their_templates(file: str) -> None:
    name, placeholders = to_mailman3.FILES[file]
    text = " ".join(f"%({word})s" for word in placeholders)
    source = old()
    source["own_texts"] = {"en": {file: text}}
    found, lost = converted(source)
    assert lost == [] and "%" not in found["templates"][name]["en"]
    model.parse_list({"name": "talk", "templates": found["templates"]}, {})


def test_a_rule_on_several_headers_becomes_several() -> None:
    source = old()
    source["header_matches"] = [
        {"header": "", "pattern": "^(to|cc): .*@trap\\.example\\.org", "action": "discard"},
        {"header": "", "pattern": "(?i)nonsense", "action": "hold"},
        {"header": "subject", "pattern": "sale", "action": "hold"},
    ]
    found, lost = converted(source)
    assert found["header_matches"] == [
        {"header": "to", "pattern": ".*@trap\\.example\\.org", "action": "discard"},
        {"header": "cc", "pattern": ".*@trap\\.example\\.org", "action": "discard"},
        {"header": "subject", "pattern": "sale", "action": "hold"},
    ]
    assert len(lost) == 1 and "'(?i)nonsense' is not carried over" in lost[0]


def test_an_answer_that_swallows_confirmations_is_named() -> None:
    assert converted(old(autorespond_requests="respond_and_continue"))[1] == []
    (sentence,) = converted(old(autorespond_requests="respond_and_discard"))[1]
    assert "discards mail that confirms something" in sentence


def test_names_of_lists_among_senders_get_their_domain() -> None:
    found, lost = converted(old(accept_these_nonmembers=["@board", "^.*@x\\.example\\.org$"]))
    assert found["settings"]["accept_these_nonmembers"] == ["@board@lists.example.org", "^.*@x\\.example\\.org$"]
    assert lost == []


def test_a_threshold_with_a_fraction_is_the_next_whole_number() -> None:
    found, lost = converted(old(bounce_score_threshold=2.5))
    assert found["settings"]["bounce_score_threshold"] == 3
    assert lost == ["bounce_score_threshold is 2.5, and a whole number in Mailman 3: 3."]


def test_one_name_for_each_address() -> None:
    lists = {name: old() for name in ("one", "two", "three")}
    for name, shown in (("one", "Alice"), ("two", "Alice A."), ("three", "Alice")):
        lists[name]["rosters"]["member"] = [person("alice@example.net", shown), person("noat")]
    made = to_mailman3.convert(server(**lists), vocabulary_of_mailman3())
    names = {each["rosters"]["member"][0]["display_name"] for each in made.found["lists"].values()}
    assert names == {"Alice"}
    assert "'noat' is no address to Mailman 3: it is left out of the members." in made.lost["one@lists.example.org"]
    assert any("'Alice A.' here and 'Alice' elsewhere" in said for said in made.lost["two@lists.example.org"])


@pytest.mark.parametrize("action", ["reject", "hold", "discard"])
def test_a_disabled_list_stays_disabled(action: str) -> None:
    source = old(advertised=False, emergency=True, subscription_policy="moderate")
    source.update(
        state="disabled",
        before={
            "settings": {"advertised": True, "emergency": False, "subscription_policy": "open"},
            "header_matches": [],
        },
        header_matches=plan.disabled_rules(action),
    )
    content = inventory.write(server(talk=source), "leave", {}, "mailman3").files["lists.yml"]
    assert "state: disabled" in content and "subscription_policy: open" in content
    assert ("disabled_action: " + action in content) == (action != "reject")


def test_the_site_list_is_left_behind() -> None:
    made = to_mailman3.convert(server(mailman=old(), talk=old()), vocabulary_of_mailman3())
    assert set(made.found["lists"]) == {NAME}
    assert "mailman@lists.example.org" in made.lost
