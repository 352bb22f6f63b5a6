# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mailman_list and mailman_list_info on Mailman 2.1, asserted through Mailman's own commands."""

from __future__ import annotations

from typing import Any

import pytest

from mailman21 import STATE, Mailman21

LIST, INFO = "mailman_list", "mailman_list_info"
# Every word of the common vocabulary, each value of it, and what config_list prints then.
FIELDS: dict[str, list[tuple[Any, dict[str, Any]]]] = {
    "description": [("One", {"description": "One"}), ("Two", {"description": "Two"}), ("", {"description": ""})],
    "info": [
        ("Two\nlines\n", {}),
        ("A \\b backslash", {"info": "A \\b backslash"}),
        ("One line", {"info": "One line"}),
        ("", {"info": ""}),
    ],
    "subject_prefix": [("[x] ", {"subject_prefix": "[x] "}), ("", {"subject_prefix": ""})],
    "advertised": [(False, {"advertised": 0}), (True, {"advertised": 1})],
    "archive_policy": [
        ("private", {"archive": 1, "archive_private": 1}),
        ("public", {"archive": 1, "archive_private": 0}),
        ("never", {"archive": 0}),
    ],
    "subscription_policy": [
        ("moderate", {"subscribe_policy": 2}),
        ("confirm_then_moderate", {"subscribe_policy": 3}),
        ("confirm", {"subscribe_policy": 1}),
    ],
    "unsubscription_policy": [
        ("confirm_then_moderate", {"unsubscribe_policy": 1}),
        ("confirm", {"unsubscribe_policy": 0}),
    ],
    "default_nonmember_action": [
        ("reject", {"generic_nonmember_action": 2}),
        ("discard", {"generic_nonmember_action": 3}),
        ("accept", {"generic_nonmember_action": 0}),
        ("hold", {"generic_nonmember_action": 1}),
    ],
    "default_member_action": [
        ("reject", {"default_member_moderation": 1, "member_moderation_action": 1}),
        ("hold", {"default_member_moderation": 1, "member_moderation_action": 0}),
        ("discard", {"default_member_moderation": 1, "member_moderation_action": 2}),
        ("defer", {"default_member_moderation": 0}),
    ],
    "emergency": [(True, {"emergency": 1}), (False, {"emergency": 0})],
    "acceptable_aliases": [
        (["^old-.*", "old@example.org"], {"acceptable_aliases": "^old-.*\nold@example.org"}),
        (["other@example.org"], {"acceptable_aliases": "other@example.org"}),
        ([], {"acceptable_aliases": ""}),
    ],
    "preferred_language": [("de", {"preferred_language": "de"}), ("en", {"preferred_language": "en"})],
    "digests_enabled": [(False, {"digestable": 0}), (True, {"digestable": 1})],
    "digest_send_periodic": [(False, {"digest_send_periodic": 0}), (True, {"digest_send_periodic": 1})],
    "digest_size_threshold": [(12, {"digest_size_threshhold": 12}), (99, {"digest_size_threshhold": 99})],
    "digest_volume_frequency": [
        ("yearly", {"digest_volume_frequency": 0}),
        ("quarterly", {"digest_volume_frequency": 2}),
        ("weekly", {"digest_volume_frequency": 3}),
        ("daily", {"digest_volume_frequency": 4}),
        ("monthly", {"digest_volume_frequency": 1}),
    ],
    "reply_goes_to_list": [
        # which needs the address of the same round
        ("explicit_header", {"reply_goes_to_list": 2}),
        ("point_to_list", {"reply_goes_to_list": 1}),
        ("no_munging", {"reply_goes_to_list": 0}),
    ],
    "reply_to_address": [
        ("answers@example.org", {"reply_to_address": "answers@example.org"}),
        ("", {"reply_to_address": ""}),
        ("other@example.org", {"reply_to_address": "other@example.org"}),
    ],
    "max_message_size": [(99, {"max_message_size": 99}), (0, {"max_message_size": 0}), (40, {"max_message_size": 40})],
    "member_roster_visibility": [
        ("public", {"private_roster": 0}),
        ("moderators", {"private_roster": 2}),
        ("members", {"private_roster": 1}),
    ],
    "send_welcome_message": [(False, {"send_welcome_msg": 0}), (True, {"send_welcome_msg": 1})],
    "send_goodbye_message": [(False, {"send_goodbye_msg": 0}), (True, {"send_goodbye_msg": 1})],
    "dmarc_mitigate_action": [
        ("wrap_message", {"dmarc_moderation_action": 2}),
        ("reject", {"dmarc_moderation_action": 3}),
        ("discard", {"dmarc_moderation_action": 4}),
        ("no_mitigation", {"dmarc_moderation_action": 0}),
        ("munge_from", {"dmarc_moderation_action": 1}),
    ],
}
ROUNDS = range(max(map(len, FIELDS.values())))


def chosen(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """One value of every word, and what Mailman then has."""
    picked = {word: values[number % len(values)] for word, values in FIELDS.items()}
    options = {word: value for word, (value, _shown) in picked.items()}
    shown = {key: value for _value, attributes in picked.values() for key, value in attributes.items()}
    return options, shown


def posting(host: Mailman21, name: str) -> str:
    return f"{name}@{host.domain}"


def said_of(host: Mailman21, name: str) -> dict[str, Any]:
    said: dict[str, Any] = host.apply(INFO, lists=[name])["lists"][posting(host, name)]
    return said


@pytest.fixture(scope="module")
def long_lived(host: Mailman21) -> str:
    return f"{host.prefix}-words"


@pytest.mark.parametrize("number", ROUNDS)
def test_every_word_is_written(host: Mailman21, long_lived: str, number: int) -> None:
    options, shown = chosen(number)
    host.assert_idempotent(LIST, name=long_lived, owners=["owner@example.org"], **options)
    found = host.config(long_lived)
    assert {key: found[key] for key in shown} == shown
    said = said_of(host, long_lived)["settings"]
    assert {word: said[word] for word in options} == options


@pytest.mark.parametrize("number", ROUNDS)
def test_every_word_is_read(host: Mailman21, long_lived: str, number: int) -> None:
    options, shown = chosen(number)
    text = "".join(f"{key}={value!r}\n" for key, value in shown.items())
    host.config_list(long_lived, f"mlist.info={options['info']!r}\n{text}")
    # a wish of config_list that Mailman's site does not allow
    host.config_list(long_lived, f"mlist.dmarc_moderation_action={shown['dmarc_moderation_action']}\n")
    said = said_of(host, long_lived)["settings"]
    assert {word: said[word] for word in options} == options
    assert host.apply(LIST, name=long_lived, **options)["changed"] is False


def test_that_mailman_cannot_ask_for_a_dmarc_policy_is_said(host: Mailman21, name: str) -> None:
    asks = host.run("python2.7", "-c", "import dns.resolver")["rc"] == 0
    idle = f"dmarc_mitigate_action of {posting(host, name)}: no post is mitigated until dnspython is installed"
    # one without is warned of when it is made
    owned = {"name": name, "owners": ["owner@example.org"]}
    said = host.apply(LIST, **owned, dmarc_mitigate_action="discard").get("warnings", [])
    # newer modules say more of a warning than its sentence
    assert [idle in str(warning) for warning in said] == ([] if asks else [True])
    for options in ({"dmarc_mitigate_action": "no_mitigation"}, {"description": "Of something else"}):
        assert "warnings" not in host.apply(LIST, name=name, **options)
    always = {"dmarc_mitigate_action": "munge_from", "dmarc_mitigate_unconditionally": True}
    assert "warnings" not in host.apply(LIST, name=name, **always)


def test_rosters_bans_and_rules(host: Mailman21, name: str) -> None:
    applied = host.assert_idempotent(
        LIST,
        name=name,
        owners=["o1@example.org", "O2@example.org"],
        moderators=["mod@example.org"],
        bans=["bad@example.net", "^spam.*"],
        header_matches=[
            {"header": "X-Spam-Score", "pattern": r"\+{4,}", "action": "hold"},
            {"header": "Subject", "pattern": "win.*prize", "action": "discard"},
        ],
        members=["alice@example.net", {"address": "Bob@example.net", "display_name": "Bob Example"}],
    )
    assert applied["lists"][0]["action"] == "created"
    assert host.sh(f"list_owners {name}").split() == ["O2@example.org", "o1@example.org"]
    assert "mod@example.org" in host.sh(f"list_owners -m {name}").split()
    assert host.members(name, "-f", "-p") == ["Bob Example <Bob@example.net>", "alice@example.net"]
    found = host.config(name)
    assert sorted(found["ban_list"]) == ["^spam.*", "bad@example.net"]
    rules = [(action, flag) for _pattern, action, flag in found["header_filter_rules"]]
    assert rules == [(7, False), (3, False)]
    said = said_of(host, name)
    assert said["bans"] == ["^spam.*", "bad@example.net"]
    assert [rule["action"] for rule in said["header_matches"]] == ["hold", "discard"]


def test_rules_match_the_headers_they_name(host: Mailman21, name: str) -> None:
    """What is written is a rule to Mailman: it searches each header line."""
    rule = {"header": "X-Spam-Score", "pattern": r"\+{4,}", "action": "hold"}
    host.apply(LIST, name=name, owners=["o@example.org"], header_matches=[rule])
    ((pattern, action, _flag),) = host.config(name)["header_filter_rules"]
    assert action == 7
    import re

    def hit(line: str) -> bool:
        return re.search(pattern, line, re.IGNORECASE | re.MULTILINE) is not None

    assert hit("X-Spam-Score: ++++++") and hit("x-spam-score: 5 ++++")
    assert not hit("X-Spam-Score: +++") and not hit("Subject: ++++++") and not hit("Old-X-Spam-Score: ++++")


def test_settings_that_only_21_has(host: Mailman21, name: str) -> None:
    settings = {
        "max_num_recipients": 7,
        "bounce_score_threshold": 3.5,
        "bounce_info_stale_after": "14d",
        "accept_these_nonmembers": ["^.*@example\\.com"],
        "umbrella_list": True,
        "msg_footer": "-- \n%(real_name)s\n",
        "new_member_options": 264,
        "archive_volume_frequency": "weekly",
    }
    host.assert_idempotent(LIST, name=name, owners=["o@example.org"], settings=settings)
    found = host.attributes(name, *settings)
    assert found == dict(settings, bounce_info_stale_after=14 * 86400, archive_volume_frequency=3)
    said = said_of(host, name)["settings"]
    assert said["bounce_info_stale_after"] == 14 * 86400 and said["max_num_recipients"] == 7
    # typed from Mailman's own tables: an integer stays one
    assert isinstance(found["max_num_recipients"], int) and isinstance(found["bounce_score_threshold"], float)


def test_surprise_seconds_are_shown_as_days(host: Mailman21, made: str) -> None:
    host.config_list(made, "bounce_info_stale_after=14\n")
    assert host.attribute(made, "bounce_info_stale_after") == 1209600
    assert said_of(host, made)["settings"]["bounce_info_stale_after"] == 1209600
    host.assert_idempotent(LIST, name=made, settings={"bounce_info_stale_after": "3d"})
    assert host.config(made)["bounce_info_stale_after"] == 3
    assert host.apply(LIST, name=made, settings={"bounce_info_stale_after": 259200})["changed"] is False


def test_surprise_true_is_one(host: Mailman21, made: str) -> None:
    """Mailman's toggles are sometimes True and sometimes 1: that is no difference, and no reason to write."""
    words = {"advertised": True, "send_welcome_message": True, "emergency": False, "digests_enabled": True}
    names = ("advertised", "send_welcome_msg", "emergency", "digestable")
    for kind in (int, bool):
        for word, key in zip(words, names, strict=True):
            host.config_list(made, f"mlist.{key}={kind(words[word])!r}\n")
        before = host.fingerprint()
        assert host.apply(LIST, name=made, **words)["changed"] is False
        assert host.fingerprint() == before
        said = said_of(host, made)["settings"]
        assert {word: said[word] for word in words} == words


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Café – 日本語"), ("de", "Grüße"), ("fr", "déjà vu"), ("ja", "日本語の一覧")]
)
def test_surprise_not_ascii_both_ways(host: Mailman21, name: str, language: str, text: str) -> None:
    host.assert_idempotent(
        LIST, name=name, owners=["o@example.org"], preferred_language=language, description=text, info=text + "\n"
    )
    said = said_of(host, name)["settings"]
    assert (said["description"], said["info"]) == (text, text + "\n")
    # Mailman's commands and pages print it in the list's own character set, and must not stumble
    host.sh(f"list_lists > /dev/null; config_list -o /dev/null {name}")
    assert isinstance(host.state(name)["description"], str)
    assert host.shell(f"list_lists | grep -aic {name}")["out"] == "1\n"


def test_surprise_not_ascii_written_by_others(host: Mailman21, name: str) -> None:
    host.check("newlist", "-q", "-l", "fr", name, "owner@example.org", "pw")
    host.config_list(name, 'mlist.description="caf\\xe9"\nmlist.info=u"d\\xe9j\\xe0"\n')
    said = said_of(host, name)["settings"]
    assert (said["description"], said["info"]) == ("café", "déjà")
    assert host.apply(LIST, name=name, description="café", info="déjà")["changed"] is False


def test_an_absent_list(host: Mailman21, made: str) -> None:
    applied = host.assert_idempotent(LIST, name=made, state="absent")
    assert applied["lists"][0]["action"] == "removed"
    assert made not in host.lists()
    assert host.shell(f"ls {STATE}/lists/{made}")["rc"] == 2
    # its archives stay
    assert host.shell(f"ls {STATE}/archives/private/{made}")["rc"] == 0


def test_many_lists(host: Mailman21, name: str) -> None:
    names = [f"{name}-{number}" for number in range(3)]
    lists = [{"name": item} for item in names]
    lists[2]["default_nonmember_action"] = "discard"
    defaults = {
        "owners": ["o@example.org"],
        "default_nonmember_action": "reject",
        "settings": {"max_num_recipients": 3},
    }
    applied = host.assert_idempotent(LIST, lists=lists, defaults=defaults)
    assert applied["summary"]["lists_created"] == 3
    assert [host.config(item)["generic_nonmember_action"] for item in names] == [2, 2, 3]
    assert [host.config(item)["max_num_recipients"] for item in names] == [3, 3, 3]
    assert "give allow_shrink" in host.refusal(LIST, lists=[], undeclared="remove")
    some = {"lists": lists[:2], "defaults": defaults, "undeclared": "remove", "allow_shrink": True}
    said = host.module(LIST, check_mode=True, **some)
    removed = [item["name"] for item in said["lists"] if item["action"] == "removed"]
    assert posting(host, names[2]) in removed
    # a site has its own list, which is not for removing
    assert not any(item.startswith("mailman@") for item in removed)


def test_a_created_list_is_one_to_mailman(host: Mailman21, name: str) -> None:
    """It has all that newlist makes, with the same owner and modes as the service leaves."""
    host.apply(LIST, name=name, owners=["o@example.org"])
    by_hand = name + "-hand"
    host.check("su", "-s", "/bin/bash", "list", "-c", f"newlist -q {by_hand} o@example.org pw")
    listing = "cd {state}; for path in lists/{name} lists/{name}/config.pck archives/*/{name} archives/*/{name}.mbox;"
    listing += " do stat -c '%A %U %G' $path; done"
    assert host.sh(listing.format(state=STATE, name=name)) == host.sh(listing.format(state=STATE, name=by_hand))
    mine, theirs = host.state(name), host.state(by_hand)
    differ = {key for key in theirs if mine.get(key) != theirs[key]}
    assert mine.keys() == theirs.keys()
    assert differ <= {"created_at", "password", "real_name", "subject_prefix", "web_page_url", "advertised"}, differ
    assert {key: type(value) for key, value in mine.items()} == {key: type(value) for key, value in theirs.items()}


HOSTILE = [
    "",
    " ",
    ".",
    "..",
    "../x",
    "a/b",
    "a b",
    "-x",
    ".x",
    "x.",
    "a;b",
    "a$b",
    "x*",
    "café",
    "x\n",
    "x@y@example.org",
]
RESERVED = ["bounces", "confirm", "join", "leave", "owner", "request", "subscribe", "unsubscribe"]


@pytest.mark.parametrize("state", ["present", "disabled", "absent"])
def test_surprise_hostile_names(host: Mailman21, state: str) -> None:
    """`rmlist -a ""` and `rmlist ..` delete every archive of a site, and newlist takes `..` and `x-owner`."""
    before = host.fingerprint()
    for name in [*HOSTILE, *(f"{host.prefix}-{suffix}" for suffix in RESERVED)]:
        message = host.refusal(LIST, name=name, state=state)
        assert "the list name is" in message, (name, message)
    message = host.refusal("mailman_member", list="..", address="a@example.org")
    assert "the list name is" in message, message
    assert host.fingerprint() == before


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"archivers": ["hyperkitty"]}, "archivers"),
        ({"reply_goes_to_list": "explicit_header_only"}, "reply_goes_to_list"),
        ({"default_nonmember_action": "defer"}, "default_nonmember_action"),
        ({"default_member_action": "accept"}, "default_member_action"),
        ({"display_name": "Something else"}, "display_name"),
        ({"preferred_language": "tlh"}, "preferred_language"),
        ({"settings": {"posting_pipeline": "default-posting-pipeline"}}, "posting_pipeline"),
        ({"settings": {"no_such_option": 1}}, "no_such_option"),
        ({"settings": {"max_num_recipients": "many"}}, "max_num_recipients"),
        ({"settings": {"advertised": 7}}, "advertised"),
        ({"settings": {"header_filter_rules": "junk"}}, "header_filter_rules"),
        ({"settings": {"owner": ["a@example.org"]}}, "owner"),
        ({"bans": ["bad(regex"]}, "bans"),
        ({"bans": ["^bad(regex"]}, "bans"),
        ({"owners": ["bad"]}, "owners"),
        ({"members": [{"address": "a@example.org", "delivery_mode": "summary_digests"}]}, "delivery_mode"),
        ({"members": [{"address": "a@example.org", "moderation_action": "reject"}]}, "moderation_action"),
        ({"domain": "elsewhere.example.com"}, "elsewhere.example.com"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_21_cannot_is_refused_by_name(host: Mailman21, made: str, options: dict[str, Any], word: str) -> None:
    before = host.fingerprint()
    message = host.refusal(LIST, **{"name": made, "owners": ["o@example.org"], **options})
    assert word in message
    assert host.fingerprint() == before
