# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, templates
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import plan_list, wanted_settings
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

FOOTER = "list:member:regular:footer"
WELCOME = "list:user:notice:welcome"
NAME = "a@lists.example.org"


def spec(**entry):
    return model.parse_list(dict(entry, name=NAME), {})


def actual(**texts):
    return {
        "settings": {},
        "rosters": {},
        "bans": [],
        "header_matches": [],
        "archivers": {},
        "templates": texts,
        "saved": None,
    }


@pytest.mark.parametrize(
    ("name", "value", "parsed"),
    [
        (FOOTER, "--\n$listname ${user_email} $$5 $5\n", "--\n$listname ${user_email} $$5 $5\n"),
        (FOOTER, "$hyperkitty_url", "$hyperkitty_url"),
        (FOOTER, "a\r\nb", "a\nb"),
        (FOOTER, "", ""),
        (WELCOME, {"de": "Willkommen", "en": "Welcome"}, {"de": "Willkommen", "en": "Welcome"}),
        (WELCOME, {"de": "Willkommen", "en": ""}, {"de": "Willkommen"}),
        (WELCOME, {"en": ""}, ""),
        (WELCOME, {}, ""),
    ],
)
def test_texts(name, value, parsed):
    assert templates.parse_templates("templates", {name: value}) == {name: parsed}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("x", "templates is 'x': give a dictionary of texts"),
        (
            {"footer": "x"},
            "'footer' is not an option here (templates): give an option such as list:member:digest:footer or list:member",
        ),
        (
            {FOOTER: "$lisname"},
            "templates.list:member:regular:footer has $lisname, which Mailman does not fill in there",
        ),
        ({FOOTER: "${list name}"}, "has ${list name}, which"),
        ({FOOTER: "%(real_name)s"}, "has %(real_name)s, as Mailman 2.1 writes it: give placeholders such as $listname"),
        (
            {WELCOME: "$hyperkitty_url"},
            "has $hyperkitty_url, which Mailman does not fill in there: give $",
        ),
        ({WELCOME: {"de": "$token"}}, "templates.list:user:notice:welcome.de has $token"),
        ({WELCOME: ["x"]}, "templates.list:user:notice:welcome is ['x']: give text"),
    ],
)
def test_bad_texts(value, sentence):
    with pytest.raises(Invalid) as caught:
        templates.parse_templates("templates", value)
    assert sentence in str(caught.value) and "\n" not in str(caught.value)


INFO = ServerInfo(
    schema={"preferred_language": {"type": "enum", "choices": ["de", "en"]}},
    templates=[FOOTER],
    template_urls=["base_url", "mailinglist_url"],
)


@pytest.mark.parametrize(
    ("texts", "info", "sentence"),
    [
        ({FOOTER: {"tlh": "x"}}, INFO, FOOTER + " in language is 'tlh': give de or en"),
        ({WELCOME: "x"}, INFO, WELCOME + " is a text that this Mailman does not have"),
        ({FOOTER: "x"}, INFO._replace(templates=[]), FOOTER + " is a text that this Mailman does not have"),
        (
            {FOOTER: "$base_url"},
            INFO._replace(template_urls=[]),
            FOOTER + " has $base_url, which Mailman does not fill in",
        ),
        ({FOOTER: {"de": "$mailinglist_url $base_url"}}, INFO, None),
        ({}, ServerInfo(), None),
    ],
)
def test_what_this_mailman_has(texts, info, sentence):
    if sentence is None:
        templates.check_known(NAME, texts, info)
        return
    with pytest.raises(Invalid) as caught:
        templates.check_known(NAME, texts, info)
    assert str(caught.value).startswith("list {0}: templates.{1}".format(NAME, sentence))


def test_defaults_merge_by_name():
    merged = model.merge_entry({"templates": {FOOTER: "own"}}, {"templates": {FOOTER: "all", WELCOME: "hello"}})
    assert merged["templates"] == {FOOTER: "own", WELCOME: "hello"}


@pytest.mark.parametrize(
    ("wanted", "have", "shown"),
    [
        ("new", "", (None, "new")),
        ("new", "old", ("old", "new")),
        ("new", {"en": "new"}, ({"en": "new"}, "new")),
        ("", "old", ("old", None)),
        ("new", {"uri": "http://lists.example.org/x"}, ({"uri": "http://lists.example.org/x"}, "new")),
    ],
)
def test_a_text_that_differs(wanted, have, shown):
    plan = plan_list(spec(templates={FOOTER: wanted}), actual(**({FOOTER: have} if have else {})))
    assert plan.changes == {FOOTER: shown} and plan.step["templates"] == {FOOTER: wanted}


@pytest.mark.parametrize("text", ["same", {"de": "same"}, ""])
def test_a_text_that_is_the_same(text):
    plan = plan_list(spec(templates={FOOTER: text}), actual(**({FOOTER: text, WELCOME: "x"} if text else {})))
    assert plan.action == "none"


@pytest.mark.parametrize(
    ("name", "text", "personalize", "refused"),
    [
        (FOOTER, "$user_email", None, True),
        (FOOTER, {"de": "an $member"}, "none", True),
        (FOOTER, "$user_email", "individual", False),
        (FOOTER, "$listname", None, False),
        (WELCOME, "$user_email", None, False),
    ],
)
def test_a_text_about_its_reader_needs_a_list_that_personalizes(name, text, personalize, refused):
    have = dict(actual(), settings={"personalize": personalize} if personalize else {})
    wanted = spec(templates={name: text})
    assert ("personalize" in wanted_settings([wanted])) is (name == FOOTER and text != "$listname")
    if not refused:
        assert plan_list(wanted, have).action == "change"
        assert plan_list(spec(templates={name: text}, settings={"personalize": "full"}), None).action == "create"
        return
    with pytest.raises(Invalid) as caught:
        plan_list(wanted, have)
    assert (
        "which Mailman fills in only where posts are personalized: give personalize individual or full (under settings)"
        in str(caught.value)
    )
