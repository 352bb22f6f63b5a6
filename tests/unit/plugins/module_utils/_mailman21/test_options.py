# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mailman 2.1's attributes and the words of an inventory, both ways."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import parse_list
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import plan_list
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import LIST_FIELDS, Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import options, translate
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import rules as header_rules
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.lock import holder
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import own_held_file

OPTIONS = [
    ["advertised", "Radio", ["No", "Yes"]],
    ["archive", "Toggle", ["No", "Yes"]],
    ["archive_private", "Radio", ["public", "private"]],
    ["default_member_moderation", "Radio", ["No", "Yes"]],
    ["dmarc_moderation_action", "Radio", ["Accept", "Munge From", "Wrap Message", "Reject", "Discard"]],
    ["emergency", "Toggle", ["No", "Yes"]],
    ["encode_ascii_prefixes", "Radio", ["Never", "Always", "As needed"]],
    ["from_is_list", "Radio", ["No", "Munge From", "Wrap Message"]],
    ["generic_nonmember_action", "Radio", ["Accept", "Hold", "Reject", "Discard"]],
    ["member_moderation_action", "Radio", ["Hold", "Reject", "Discard"]],
    ["preferred_language", "Select", [["en"], ["English (USA)"], 0]],
    ["subscribe_policy", "Radio", ["Confirm", "Require approval", "Confirm and approve"]],
    ["drop_cc", "Radio", ["No", "Yes"]],
]
ATTRIBUTES: dict[str, Any] = {
    "advertised": 1,
    "archive": True,
    "archive_private": 1,
    "ban_list": ["^spam", "Bad@example.com"],
    "default_member_moderation": 0,
    "dmarc_moderation_action": 1,
    "emergency": 0,
    "from_is_list": 0,
    "generic_nonmember_action": 1,
    "header_filter_rules": [],
    "member_moderation_action": 0,
    "owner": ["owner@example.org"],
    "preferred_language": "en",
    "subscribe_policy": 1,
}
NAME = "board@lists.example.org"


@pytest.fixture
def site() -> translate.Server:
    return translate.server(
        {
            "lists": {"board": "lists.example.org"},
            "private": ["board"],
            "options": OPTIONS,
            "languages": ["en", "fr"],
            "charsets": {"en": "us-ascii", "fr": "iso-8859-1"},
            "default_language": "en",
            "version": "2.1.39",
            "domains": ["lists.example.org"],
            "unreadable": {},
            "listname_chars": "[-+_.=a-z0-9]",
            "site_list": "mailman",
            "site_bans": [],
            "runs": True,
            "stopped": False,
            "asks_dns": False,
        }
    )


def entry(**attributes: Any) -> dict[str, Any]:
    saved = attributes.pop("saved", None)
    return {"attributes": {**ATTRIBUTES, **attributes}, "members": [], "saved": saved, "passwords": {}}


def steps(site: translate.Server, raw: dict[str, Any] | None, **declared: Any) -> dict[str, Any]:
    """The step for a declared list, through the plan that a user sees."""
    spec = parse_list({"name": NAME, **declared}, {})
    translate.check([spec], site)
    names = sorted({"advertised", "emergency", "subscription_policy", *spec.settings})
    actual = {NAME: translate.read_entry(raw, site, names, spec.rosters)} if raw else {}
    specs, seen = translate.adapt([spec], actual, {NAME: raw} if raw else {}, {})
    plan = plan_list(specs[0], seen.get(NAME))
    return translate.raw_step(plan.step, site, raw, actual.get(NAME)) if plan.step else {}


def test_every_option_of_a_list_has_a_place() -> None:
    assert set(LIST_FIELDS) <= set(options.TABLE)


def test_true_is_one() -> None:
    assert options.read_setting("advertised", {"advertised": True}, {"type": "bool"}) is True
    assert options.read_setting("advertised", {"advertised": 1}, {"type": "bool"}) is True


@pytest.mark.parametrize("name", sorted(options.TABLE))
def test_words_come_back(name: str) -> None:
    mapped = options.TABLE[name]
    for word in mapped.words.values():
        after = {"dmarc_mitigate_action": word, "dmarc_mitigate_unconditionally": False}
        wrote = options.write_setting(name, word, after, {"type": "enum"})
        assert options.read_setting(name, {**ATTRIBUTES, **wrote}, {"type": "enum"}) == word


def test_days_and_seconds() -> None:
    assert options.read_setting("autoresponse_grace_period", {"autoresponse_graceperiod": 90}, {}) == 90 * 86400
    assert (
        options.read_setting("bounce_info_stale_after", {"bounce_info_stale_after": 604800}, {"type": "interval"})
        == 604800
    )


def test_characters_the_charset_lacks() -> None:
    assert options.canonical("Caf&#233; &#38; &lt;") == "Café &#38; &lt;"


RULES = [
    {"header": "x-spam-score", "pattern": r"\+{4,}", "action": "hold"},
    {"header": "subject", "pattern": "^(?:a|b)$", "action": "discard"},
    {"header": "from", "pattern": ".*", "action": "reject"},
    {"header": "x-a", "pattern": "a|b", "action": "accept"},
]


def test_header_rules_come_back() -> None:
    assert header_rules.read_rules(header_rules.write_rules(RULES)) == RULES


@pytest.mark.parametrize(
    ("rule", "header", "pattern"),
    [
        ("^X-Spam-Flag: YES", "x-spam-flag", "YES"),
        (r"^Subject:.*\bviagra\b", "subject", r"\bviagra\b"),
        ("^X-Spam-Score:[^+]*[+]{4,}", "x-spam-score", "[^+]*[+]{4,}"),
        ("^(to|cc):.*x", "", "^(to|cc):.*x"),
    ],
)
def test_header_rules_of_others(rule: str, header: str, pattern: str) -> None:
    assert header_rules.read_rules([[rule, 3, False]]) == [{"header": header, "pattern": pattern, "action": "discard"}]


@pytest.mark.parametrize(
    ("rules", "pattern", "action"),
    [
        ("junk", "junk", "None"),
        ([["^From: x"]], "x", "None"),
        ([["^From: x", "Hold", 0]], "x", "Hold"),
        ([["^From: x", 99, 0]], "x", "99"),
        ([3], "3", "None"),
        ([[]], "None", "None"),
    ],
)
def test_rules_that_are_nonsense_are_read(rules: object, pattern: str, action: str) -> None:
    (rule,) = header_rules.read_rules(rules)
    assert (rule["pattern"], rule["action"]) == (pattern, action)


def test_alternatives_from_the_start_need_a_group() -> None:
    with pytest.raises(Invalid, match="in a group"):
        header_rules.check_rules([{"header": "subject", "pattern": "^a|b", "action": "hold"}])
    header_rules.check_rules([{"header": "subject", "pattern": r"^(?:a|b)[|]\|", "action": "hold"}])


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ({"display_name": "Something else"}, "display_name is 'Something else'"),
        ({"settings": {"accept_these_nonmembers": ["a@example.org"]}}, "an address belongs into nonmembers"),
        (
            {"settings": {"member_moderation_action": "reject"}, "default_member_action": "hold"},
            "as default_member_action",
        ),
        ({"dmarc_mitigate_action": "reject", "dmarc_mitigate_unconditionally": True}, "if unconditionally"),
        ({"owners": [{"address": "a@example.org", "display_name": "A"}]}, "display_name of a@example.org"),
        (
            {"members": [{"address": "a@example.org", "delivery_mode": "summary_digests"}]},
            "delivery_mode of a@example.org",
        ),
        (
            {"members": [{"address": "a@example.org", "moderation_action": "discard"}]},
            "moderation_action of a@example.org",
        ),
        ({"renamed_from": ["old@example.net"]}, "has old@example.net: give names in lists.example.org"),
    ],
)
def test_what_2_1_cannot_express_is_refused_by_name(
    site: translate.Server, declared: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        steps(site, entry(), **declared)


def test_one_name_for_all_domains(site: translate.Server) -> None:
    spec = parse_list({"name": "board@other.example.org"}, {})
    with pytest.raises(Invalid, match="one board for all domains"):
        translate.check([spec], site)


def test_a_new_default_is_followed_by_its_members(site: translate.Server) -> None:
    step = steps(site, entry(), default_member_action="reject")
    assert step["set"] == {"default_member_moderation": 1, "member_moderation_action": 1}
    assert step["moderate_all"] is True


def test_a_list_that_never_archives_is_not_made_public(site: translate.Server) -> None:
    step = steps(site, None, archive_policy="never")
    assert step["set"] == {"archive": 0, "archive_private": 1}


def test_disabling_saves_and_closes(site: translate.Server) -> None:
    step = steps(site, entry(), state="disabled")
    assert step["disable"]["save"] is True
    assert step["disable"]["set"] == {
        "advertised": False,
        "emergency": True,
        "subscribe_policy": 2,
        "ban_list": ["^.*@.*"],
        "header_filter_rules": [["^from:.*?(?:.*)", 2, False]],
    }


def disabled(**saved: Any) -> dict[str, Any]:
    set_ = steps(mailman21_site(), entry(), state="disabled")["disable"]["set"]
    return entry(**set_, saved={**{name: ATTRIBUTES[name] for name in set_}, **saved})


def mailman21_site() -> translate.Server:
    return site.__wrapped__()  # type: ignore[attr-defined,no-any-return]


def test_present_restores_exactly_what_was_saved() -> None:
    rules = [["^X-Spam-Flag: YES", 3, False]]
    step = steps(mailman21_site(), disabled(header_filter_rules=rules))
    assert step["restore"]["header_filter_rules"] == rules
    assert step["restore"]["ban_list"] == ATTRIBUTES["ban_list"]
    assert "set" not in step


def test_what_is_declared_wins_over_what_was_saved() -> None:
    step = steps(mailman21_site(), disabled(), advertised=False, bans=["x@example.com"])
    assert step["set"] == {"advertised": False, "ban_list": ["x@example.com"]}


def test_bans_of_a_disabled_list_wait() -> None:
    step = steps(mailman21_site(), disabled(), state="disabled", bans=["x@example.com"])
    assert step == {"list": "board", "saved": {"ban_list": ["x@example.com"]}}


@pytest.mark.parametrize(("private", "advertised"), [(1, 0), (0, 1)])
def test_the_old_script_saved_nothing(site: translate.Server, private: int, advertised: int) -> None:
    by_script = entry(**translate.SCRIPT, ban_list=["^.*@.*", "x@example.com"], archive_private=private)
    step = steps(site, by_script)
    assert step["restore"] == {
        "advertised": advertised,
        "emergency": 0,
        "member_moderation_action": 0,
        "generic_nonmember_action": 1,
        "ban_list": ["x@example.com"],
    }


def test_held_messages_of_a_list_whose_name_only_starts_alike() -> None:
    assert own_held_file("foo", "heldmsg-foo-1.pck")
    assert not own_held_file("foo", "heldmsg-foo-announce-1.pck")
    assert not own_held_file("foo", "heldmsg-foo-1-2.pck")


@pytest.mark.parametrize(
    ("claim", "who"),
    [
        ("/l/foo.lock.lists.example.org.8377.0", ("lists.example.org", 8377)),
        ("/l/foo.lock.lists.example.org.8377", ("lists.example.org", 8377)),
        ("", ("", 0)),
        ("junk", ("", 0)),
    ],
)
def test_who_holds_a_lock(claim: str, who: tuple[str, int]) -> None:
    assert holder("/l/foo.lock", claim) == who


WRONG = (3, 3.5, float("nan"), float("inf"), True, "x", [], ["a"], [3], [None], [[]], [["a"]], {}, {"a": 1}, [{"a": 1}])


@pytest.mark.parametrize("wrong", [*WRONG, None, KeyError], ids=repr)
@pytest.mark.parametrize("where", ["attributes", "saved"])
def test_a_value_of_the_wrong_kind_is_shown_or_named(site: translate.Server, where: str, wrong: Any) -> None:
    """Every attribute that is read: nothing but a sentence that names it comes of it."""
    settings = [name for name in site.schema if site.schema[name]["type"] != "secret"]
    roles = ["member", "owner", "moderator", "nonmember"]
    names = [*translate.attributes_for(settings, roles), *translate.TIMES]
    good = {name: ATTRIBUTES.get(name) for name in names}
    good.update(dict.fromkeys(["moderator", *options.NONMEMBERS.values()], []), created_at=1, last_post_time=0)
    named = set()
    for name in names:
        odd = dict(good)
        odd.pop(name)
        if wrong is not KeyError:
            odd[name] = wrong
        raw = entry(**good)
        raw["attributes"] = odd if where == "attributes" else good
        raw["saved"] = odd if where == "saved" else None
        try:
            translate.read_entry(raw, site, settings, roles)
            translate.facts(dict(raw, count=0), site, {})
        except Invalid as exc:
            assert f"attribute {name} is " in str(exc)
            named.add(name)
    if wrong == 3:
        assert {"ban_list", "owner", "preferred_language"} <= named
    if wrong == {}:
        assert {"advertised", "created_at"} <= named or where == "saved"


@pytest.mark.parametrize("saved", [3, "x", ["a"], {"ban_list": 3}, {"advertised": []}])
def test_what_a_disabled_list_was_may_be_nonsense(site: translate.Server, saved: Any) -> None:
    with pytest.raises(Invalid, match="attribute (listops_disabled|ban_list|advertised) is "):
        translate.read_entry(entry(saved=saved), site, ["advertised"], [])
