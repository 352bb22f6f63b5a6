# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What variables of roles may be: what is accepted by a hair, and what is refused by one."""

from __future__ import annotations

import functools
import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import (
    declared,
    judge,
    kinds,
    mailman_cfg,
    site,
    spamassassin,
    types,
)
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given

ROLES = Path(__file__).resolve().parents[5] / "roles"
LABEL = 63 * "a"
DOMAIN = f"{LABEL}.{LABEL}.{LABEL}.{61 * 'a'}"
KEY = "-----BEGIN PRIVATE KEY-----\nx"

# Variable, what is accepted by a hair, what is refused by one.
LIMITS: list[tuple[str, list[Any], list[Any]]] = [
    (
        "exim_list_domains",
        [["a"], [DOMAIN], ["1-a.example"]],
        [[], [DOMAIN + "a"], [LABEL + "a"], ["-a"], ["a_b"], ["a\n"]],
    ),
    ("exim_old_domains", [[], ["a.b"]], [["a..b"], "a", None, {"a": 1}, [["a"]]]),
    ("exim_system_domains", [["@"], ["localhost"]], [[], ["@@"]]),
    ("exim_primary_hostname", ["", "a.b"], ["A.b", "a.b."]),
    ("exim_relay_from_hosts", [[], ["192.0.2.0/24"], ["::1"], ["2001:db8::/32"]], [["0.0.0.0/0"], ["::/00"], ["host"]]),
    ("exim_postmaster", ["root", "a@b"], ["a b", "a@b@c", ""]),
    (
        "exim_aliases",
        [{}, {"a": ":blackhole:"}],
        [{"a b": "c"}, {"a": "|x"}, {"a": "/x"}, {"a": "b\nc"}, {"a": ["b"]}, ["a"]],
    ),
    ("exim_private_lists", [["a@b"], ["a+b"]], [["A"], ["a@"], ["a b"]]),
    ("exim_closed_lists", [["a@b"], []], [["A@b"], "a"]),
    ("exim_message_size_limit", ["0", 5, "50M", "1G"], ["", "50m", "M", "50MB", "-1"]),
    ("exim_queue_interval", ["1m", "1h30m"], ["1", "m", "1 m", ""]),
    ("exim_spam_score_limit", [0.1, "5"], [0, -1, "x", None]),
    ("exim_spamd_address", ["127.0.0.1 783", "/run/spamd.sock"], ["127.0.0.1", "127.0.0.1:783 ", "127.0.0.1 783456"]),
    ("exim_smtp_accept_reserve", [0, "1"], [-1, "x", 1.5]),
    ("exim_smtp_ports", [[1, "65535"]], [[], [0], [65536], 25, ["smtp"]]),
    ("exim_smarthost", ["", "mx", "mx:1", "mx:65535"], ["mx:", "mx:123456", "m x", "user@mx"]),
    ("exim_smarthost_password", ["", "x", "a b", "ä"], [" a", "a ", "a\nb"]),
    ("exim_routes", [[{"domain": "*.a", "host": "b:25"}]], [[{"domain": "A", "host": "b"}], [{"domain": "a"}], ["a"]]),
    (
        "exim_renamed_lists",
        [[{"from": "a@b", "to": "c@b"}]],
        [[{"from": "a", "to": "c@b"}], [{"from": "a@b", "too": "c@b"}]],
    ),
    ("exim_dkim_private_key", ["", KEY, "\n" + KEY], ["x", "-----BEGIN CERTIFICATE-----\nx"]),
    (
        "exim_main_settings",
        [{}, {"smtp_banner": "x"}, {"accept_8bitmime": True}, {"no_queue_only": "true"}, {"acl_smtp_wellknown": "x"}],
        [{"smtp_bannr": "x"}, {"accept_8bitmime": "maybe"}, {"smtp_banner": "a\nb"}, {"no_smtp_banner": "x"}],
    ),
    ("apache_server_name", ["a", DOMAIN], ["", "a_b", "A", "https://a"]),
    ("apache_index", ["/a", "/~a%20b/"], ["/", "a", "/a b", '/"']),
    (
        "apache_redirects",
        [[{"from": "/a", "to": "https://b:1/c?d=e#f"}]],
        [[{"from": "a", "to": "/"}], [{"from": "/a", "to": ""}]],
    ),
    (
        "apache_digest_archives",
        [[{"list": "A-l"}], [{"list": "a@b", "realm": "c d"}]],
        [[{"list": "-a"}], [{"list": "a", "realm": "%"}]],
    ),
    ("apache_tls", ["off", False, "given", "acme"], ["no", True, ""]),
    ("acme_server", ["https://a", "https://a:14000/d/r"], ["http://a", "https://", "https://a/ b", ""]),
    ("acme_email", ["", "a+b@c"], ["a", "a b@c", "@c"]),
    ("acme_names", [[], ["a.b"]], [["A.b"], ["*.b"], ["a b"], "a.b"]),
    ("acme_agree_tos", [True, "no"], ["perhaps", ""]),
    ("acme_webroot", ["/a", "/a+b@c"], ["/", "a", "/a b"]),
    ("apache_disabled_sites", [["a.conf"], ["_"]], [["mailman.conf"], ["../a"], [".a"]]),
    ("apache_document_root", ["/a", "/a+b@c"], ["/", "a", "/a b"]),
    ("spamassassin_user", ["a", "_" + 30 * "a"], ["root", "A", "_" + 31 * "a", "-a"]),
    ("spamassassin_home", ["/a/b", "/var/lib/spamd"], ["/a", "/a/../b", "/var/lib", "/a/b/"]),
    ("spamassassin_listen_address", ["127.0.0.1", "::1"], ["localhost", "", "127.0.0"]),
    ("spamassassin_allowed_ips", [["192.0.2.0/24"]], [[], ["all"], "192.0.2.1"]),
    ("spamassassin_trusted_networks", [[], ["!192.0.2.1"]], [["!!192.0.2.1"]]),
    ("spamassassin_port", [1, 65535], [0, 65536, "x"]),
    ("spamassassin_max_children", [1, 200], [0, 201]),
    ("spamassassin_nice", [-20, 19], [-21, 20]),
    ("spamassassin_required_score", [0.1, 1000], [0, 1000.1]),
    ("spamassassin_extra_options", [[], ["--x=y"]], [["a b"], ["$x"], ["`x`"], [""]]),
    (
        "spamassassin_rules",
        [
            [{"name": "A", "type": "body", "test": "/a/i"}],
            [{"name": "_A1", "type": "header", "test": "Subject:raw !~ m{a/b}x"}],
            [{"name": "A", "type": "header", "test": "exists:X-A", "description": "b", "score": -1}],
            [{"name": "A", "type": "header", "test": "X-A =~ /b/ [if-unset: c]"}],
            [{"name": "A", "type": "meta", "test": "(B && !__C) || D > 1"}],
            [{"name": "A", "type": "uri", "test": "m#/a\\.b#"}],
            [{"name": "A", "type": "body", "test": "eval:check_x('a', 'b')"}],
            [{"name": "A", "type": "body", "test": "/(?<name>a)++\\K/"}],
        ],
        [
            [{"name": "a", "type": "body", "test": "/a/"}],
            [{"name": "A", "type": "body", "test": "/a"}],
            [{"name": "A", "type": "body", "test": "/(a/"}],
            [{"name": "A", "type": "body", "test": "/a)/"}],
            [{"name": "A", "type": "body", "test": "/[a/"}],
            [{"name": "A", "type": "body", "test": "/a/z"}],
            [{"name": "A", "type": "body", "test": "Subject =~ /a/"}],
            [{"name": "A", "type": "header", "test": "/a/"}],
            [{"name": "A", "type": "header", "test": "Subject = /a/"}],
            [{"name": "A", "type": "meta", "test": "B AND /c/"}],
            [{"name": "A", "type": "body", "test": "/a/\n/b/"}],
            [{"name": "A", "type": "bdy", "test": "/a/"}],
            [{"name": "A", "type": "body"}],
        ],
    ),
    (
        "spamassassin_settings",
        [{"a_b": 1}, {"a": ["b", "c"]}],
        [{"A": 1}, {"a": "b\nc"}, {"a": ["b\nc"]}, {"a_passwd": "b"}, {"a": {"b": 1}}],
    ),
    ("spamassassin_update_channels", [["a.b"]], [["a"], ["A.b"]]),
    (
        "spamassassin_update_keys",
        [[{"id": 40 * "A", "key": "-----BEGIN PGP PUBLIC KEY BLOCK-----"}]],
        [[{"id": 39 * "A", "key": "-----BEGIN PGP PUBLIC KEY BLOCK-----"}], [{"id": 40 * "A", "key": "x"}]],
    ),
    (
        "spool_tmpfs_mounts",
        [[]]
        + [
            [{"path": "/var/spool/x", "size": size, "mode": "0750", "owner": "a", "group": "_b"}]
            for size in ("1k", "100%")
        ],
        [
            [{"path": path, "size": size, "mode": mode, "owner": owner, "group": "b"}]
            for path, size, mode, owner in (
                ("/var/spool/x/", "1k", "0750", "a"),
                ("/var/mail", "1k", "0750", "a"),
                ("/var", "1k", "0750", "a"),
                ("/home/x", "1k", "0750", "a"),
                ("/var/spool/x", "101%", "0750", "a"),
                ("/var/spool/x", "0k", "0750", "a"),
                ("/var/spool/x", "1k", "0850", "a"),
                ("/var/spool/x", "1k", "0750", "1"),
            )
        ],
    ),
    ("spool_tmpfs_before", [["a@b.mount"]], [["a"], ["a.device"]]),
    ("backup_paths", [[], ["/a/..b"]], [["a"], ["/a/../b"], ["/a b"], ["/a*"], ["/a/.."]]),
    ("backup_directory", ["/var/backups/x", "/srv/x"], ["/x", "/var/lib", "/home/x", "/tmp/x/y", "/var/backups"]),
    ("backup_keep", [1, "2"], [0, "x"]),
    (
        "backup_databases",
        [
            [{"name": "a", "kind": "sqlite", "path": "/a"}],
            [{"name": "a", "kind": "postgresql"}],
            [{"name": "a", "kind": "postgresql", "host": "b", "user": "c", "password": "d"}],
        ],
        [
            [{"name": "a", "kind": "sqlite"}],
            [{"name": "a", "kind": "sqlite", "path": "/a", "user": "b"}],
            [{"name": "-a", "kind": "postgresql"}],
            [{"name": "a", "kind": "postgresql", "path": "/a"}],
            [{"name": "a", "kind": "postgresql", "host": "b"}],
            [{"name": "a", "kind": "postgresql", "password": "b"}],
            [{"name": "a", "kind": "mysql"}],
        ],
    ),
    ("housekeeping_held_days", [0, "1"], [-1, "1d", 1.5, "x"]),
    ("housekeeping_mailman_config", ["/a"], ["a", "/a b", "/a%b"]),
    ("mailman_web_time_zone", ["UTC", "Europe/Berlin", "Etc/GMT+1"], ["Berlin", "", "europe/berlin"]),
    ("mailman_site_owner", ["a@b.c", "a.b+c@EXAMPLE.org"], ["a", "a@b", "a b@b.c", "a@example.com", ""]),
    ("mailman_admin_name", ["", 150 * "a"], [151 * "a", "a b"]),
    ("mailman_web_path", ["", "/a/b"], ["/", "a", "/a/"]),
    ("mailman_web_socket", ["/run/mailman3-web/a"], ["/run/a", "/run/mailman3-web/a/b"]),
    ("mailman_rest_host", ["localhost"], ["::1", "0.0.0.0"]),
    ("mailman_lmtp_host", ["::1"], ["0.0.0.0"]),
    ("mailman_web_processes", [1, 1000], [0, 1001]),
    ("mailman_language", ["en", "pt_BR", "ast"], ["english", "pt-br", ""]),
    ("mailman_web_language", ["en-us", "de", "zh-hans"], ["en_US", ""]),
    (
        "mailman_settings",
        [
            {},
            {"mailman": {"cache_life": "7d"}},
            {"runner.archive": {"instances": 2}},
            {"mta": {"verp_probes": "yes"}},
            {"logging.smtp": {"level": "x"}},
        ],
        [
            {"mailmann": {}},
            {"mailman": {"cache": 1}},
            {"mailman": None},
            {"mta": {"verp_probes": "x"}},
            {"mta": {"max_recipients": "many"}},
            {"mta": {"lmtp_port": 1}},
            {"runner": {}},
        ],
    ),
    ("mailman_web_settings", [{"A_1": {}}], [{"a": 1}, {"DATABASES": {}}]),
    ("mailman_mm_cfg", [{"A": 1}], [{"a": 1}, {"VIRTUAL_HOSTS": {}}]),
    (
        "mailman_cron_jobs",
        [{"a": "* * * * *"}, {"a": "59 23 31 12 7"}],
        [{"a": "60 * * * *"}, {"a": "* * * *"}, {"a": 1}, {"A": "@daily"}],
    ),
    ("overview_page", ["/a.html"], ["a.html", "/a.htm", "/.html\n"]),
    ("overview_list_url", ["", "/{name}/{list_id}/{address}"], ["/{nam}", "/{", "/{name}}"]),
    ("lists_diff_limit", [0, "1"], [-1, None]),
    ("lists_site_bans", [[], ["eve@example.net", "^.*@example[.]com$"]], ["eve@example.net", ["*@example.com"], [3]]),
    ("lists_domain", ["", "LISTS.example.org"], ["https://a", "a b"]),
]


@functools.cache
def options() -> dict[str, tuple[str, dict[str, Any]]]:
    """Each variable's role, and its option."""
    found: dict[str, tuple[str, dict[str, Any]]] = {}
    for role in sorted(ROLES.iterdir(), reverse=True):
        spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]
        found.update((name, (role.name, option)) for name, option in spec.get("options", {}).items())
    return found


def looked_at(name: str, value: Any) -> Given:
    role, spec = options()[name]
    rules = importlib.import_module(f"{judge.PACKAGE}.{role}").RULES
    given = Given()
    given.take(name, value, spec, rules.get(name))
    return given


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, good, _bad in LIMITS for value in good])
def test_what_is_accepted_by_a_hair(name: str, value: Any) -> None:
    assert looked_at(name, value).refusals == []


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, _good, bad in LIMITS for value in bad])
def test_what_is_refused_by_a_hair(name: str, value: Any) -> None:
    given = looked_at(name, value)
    assert given.refusals
    for refusal in map(str, given.refusals):
        assert name in refusal
        assert ": give " in refusal
        assert "\n" not in refusal
    assert not given.fine(name)


def test_every_rule_is_of_a_variable_that_there_is() -> None:
    for role in ROLES.iterdir():
        spec = yaml.safe_load((role / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]["main"]
        rules = importlib.import_module(f"{judge.PACKAGE}.{role.name}").RULES
        assert set(rules) <= set(spec.get("options", {})), role.name


def test_a_secret_is_not_shown() -> None:
    given = looked_at("exim_smarthost_password", " hunter2")
    given.take(
        "backup_databases",
        [{"name": "-a", "kind": "postgresql", "password": "hunter2"}],
        options()["backup_databases"][1],
    )
    given.refuse("backup_databases", "another one")
    given.refuse("exim_smarthost_password", "another one")
    given.take("mailman_settings", {"webservice": {"admin_pass": "hunter2"}}, options()["mailman_settings"][1])
    given.refuse("mailman_settings", "none")
    assert len(given.refusals) == 4
    assert "hunter2" not in "".join(map(str, given.refusals))
    assert "(hidden)" in str(given.refusals[1])


def test_a_value_is_cut_and_cannot_act_on_a_terminal() -> None:
    said = str(kinds.Refusal("x", "\x1b[2J\u202e" + 500 * "a", "less"))
    assert "\x1b" not in said
    assert "\u202e" not in said
    assert len(said) < 250


@pytest.mark.parametrize(
    ("value", "spec", "said"),
    [
        (None, {"type": "list"}, "x is null: give a list, [] for none."),
        ("a", {"type": "list"}, 'x is "a": give a list, such as ["a"].'),
        (5, {"type": "list"}, "x is 5: give a list, such as [5]."),
        ({"a": {}}, {"type": "list"}, 'x is {"a": {}}: give a list, [] for none.'),
        (["a"], {"type": "list", "elements": "dict"}, 'x[0] is "a": give a dictionary.'),
        ("a", {"type": "dict"}, 'x is "a": give a dictionary.'),
        (None, {"type": "dict"}, "x is null: give a dictionary, {} for none."),
        ("maybe", {"type": "bool"}, 'x is "maybe": give true or false.'),
        ("many", {"type": "int"}, 'x is "many": give a whole number.'),
        ([], {"type": "str"}, "x is []: give text."),
        ("c", {"choices": ["a", "b"]}, 'x is "c": give a or b.'),
        ({"b": 1}, {"type": "dict", "options": {"a": {"required": True}}}, 'a key of x is "b": give a.'),
        ({}, {"type": "dict", "options": {"a": {"required": True}}}, "x.a is missing: give text."),
    ],
)
def test_shapes_that_yaml_makes_easily(value: Any, spec: dict[str, Any], said: str) -> None:
    assert said in [str(refusal) for refusal in types.refusals("x", value, spec)]


def wrong(lists: list[Any], engine: str = "mailman3", **given: Any) -> list[str]:
    words = declared.Words("mailman_lists", "mailman_list_defaults", "mailman_list_naming")
    defaults, scheme = given.pop("defaults", {}), given.pop("naming", {})
    return list(
        declared.wrong_lists(lists, defaults, scheme, words=words, domain="lists.example.org", engine=engine, **given)
    )


def test_declared_lists_that_are_accepted() -> None:
    lists = [
        {"name": "a", "preferred_language": "tlh", "settings": {"admin_immed_notify": False}},
        {"name": "b", "renamed_from": "c", "members": [{"address": "A@example.org", "display_name": "A"}]},
    ]
    assert wrong(lists, languages=["tlh"], defaults={"advertised": True}) == []
    # which settings a Mailman 2.1 has, only the host knows
    assert wrong([{"name": "a", "settings": {"xyz": 1}}], engine="mailman21") == []


def test_all_that_is_wrong_with_declared_lists_in_the_words_of_the_inventory() -> None:
    said = wrong(
        [
            {"name": "a", "owner": []},
            {"name": "b", "preferred_language": "klingon"},
            {"name": "c", "settings": {"admin_immed_notfy": True}},
            "d",
            {"list": "e"},
            {"name": "f"},
            {"name": "f@lists.example.org"},
        ],
        defaults={"members": []},
        naming={"rules": [{"pattern": "*", "explanation": "x"}]},
    )
    for number, sentence in enumerate(
        (
            "mailman_list_naming.rules.pattern is '*'",
            "mailman_list_defaults: members belongs to one list: give it in an entry",
            "mailman_lists[0]: list a: 'owner' is not an option here",
            "mailman_lists[1]: list b@lists.example.org: preferred_language is 'klingon'",
            "mailman_lists[2]: list c@lists.example.org: 'admin_immed_notfy' is not an option here",
            "mailman_lists[3]: an entry of lists is 'd'",
            "mailman_lists[4]: an entry of lists has no name",
            "mailman_lists: list f@lists.example.org is declared twice",
        )
    ):
        assert said[number].startswith(sentence)
    assert len(said) == 8


def test_sections_of_mailman_cfg() -> None:
    assert mailman_cfg.keys_of("runner.out") == mailman_cfg.keys_of("runner.in")
    assert mailman_cfg.keys_of("paths.debian") is not None
    assert mailman_cfg.keys_of("mailman.x") is None
    assert (mailman_cfg.keys_of("webservice") or {})["port"] == "int"


def inventory(*roles: str, **variables: Any) -> list[str]:
    """What is said of variables, where defaults are as they are written."""

    def evaluate(name: str, instead: dict[str, Any]) -> Any:
        known = {**defaults, **variables, **instead}
        value = known[name]
        if isinstance(value, str) and value.startswith("{{"):
            value = known[value.strip("{} ")]
            if not isinstance(value, list):
                raise judge.Unreadable("no list")
        return value

    defaults = {"derived": "{{ source }}", "derived_host": "{{ source }}"}
    rules = {"source": kinds.ListOf(kinds.DOMAIN)}
    module = importlib.import_module(f"{judge.PACKAGE}.platform")
    module.RULES.update(rules)
    try:
        role = judge.Role(
            "platform", {"source": {"type": "list"}, "derived": {"type": "list"}}, {"derived": "{{ source }}"}, {}
        )
        return judge.Inventory([role], variables, evaluate).refusals(None)
    finally:
        for name in rules:
            del module.RULES[name]


def test_one_mistake_is_said_once_and_by_its_name_in_the_inventory() -> None:
    assert inventory(source=["A"]) == ['source[0] is "A": give a lower-case domain name, such as lists.example.org.']
    assert inventory(source="a") == ['source is "a": give a list, such as ["a"].']
    assert inventory(source=["a"]) == []


def test_site_has_rules_of_its_variables() -> None:
    assert set(site.RULES) <= set(site.OPTIONS)
    assert set(site.STAND_INS) == set(site.OPTIONS)


def test_why_a_test_of_spamassassin_is_none() -> None:
    assert spamassassin.wrong_test("body", "/a(/") == (
        "has a regular expression that cannot be read: missing ), unterminated subpattern at position 1"
    )
    assert spamassassin.wrong_test("meta", "A && ?") == "is no expression of rules, numbers and operators"


def of_host(release: str, distribution: str = "Debian") -> judge.Inventory:
    facts = {
        "distribution": distribution,
        "distribution_version": f"{release}.1",
        "distribution_major_version": release,
        "distribution_release": "x",
    }
    roles = [judge.Role("platform", {}, {}, {}), judge.Role("backup", {"backup_on_calendar": {}}, {}, {})]
    variables = {"backup_on_calendar": "daily", "ansible_facts": facts, "inventory_hostname": "fermium"}
    return judge.Inventory(roles, variables, lambda name, _instead: variables[name])


@pytest.mark.parametrize("release", ["11", "12", "13"])
def test_a_host_that_is_supported_is_asked(release: str) -> None:
    assert of_host(release).questions()["calendars"] == ["daily"]
    assert of_host(release).refusals({}) == []


@pytest.mark.parametrize(
    ("release", "distribution"), [("10", "Debian"), ("14", "Debian"), ("12", "Devuan"), ("9", "Rocky")]
)
def test_another_host_is_refused_and_not_asked(release: str, distribution: str) -> None:
    found = of_host(release, distribution)
    assert not any(found.questions().values())
    assert found.refusals({}) == [
        f"fermium is {distribution} {release}.1 (x): give a host with Debian 12 or 13, or 11 for Mailman 2.1."
    ]


def test_what_the_host_answers_is_judged() -> None:
    found = of_host("12")
    assert found.refusals({"unreadable_times": {"daily": "Failed"}}) == [
        'backup_on_calendar is "daily": give a time as systemd writes it, such as *-*-* 02:30:00 or daily, or a span such'
        " as 5min (Failed)."
    ]
