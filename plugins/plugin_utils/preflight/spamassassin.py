# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the spamassassin role. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterator

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given, Questions
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    IP_ADDRESS,
    NETWORK,
    PORT,
    SYSTEM_NAME,
    By,
    Fields,
    Kind,
    ListOf,
    Refusal,
    Rule,
    number,
    pattern,
)

_NOT_ITS_OWN = [
    *("/etc/spamassassin", "/var/lib", "/var/lib/spamassassin", "/var/spool", "/var/cache", "/var/log", "/var/tmp"),
    *("/usr/bin", "/usr/lib", "/usr/sbin", "/usr/local", "/usr/share", "/run/lock", "/var/lock", "/var/run"),
]
_HOME = pattern(
    r"/[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+",
    "a directory that belongs to spamd alone, such as /var/lib/spamd",
    but=_NOT_ITS_OWN,
)
_NAME = pattern("[A-Z_][A-Z0-9_]{0,127}", "a name of capitals, digits and '_', such as FREE_MONEY")
_LINE = Kind("one line", lambda value: not re.search("[\n\r]", value))
_SETTING = pattern("[a-z][a-z0-9_]*", "a setting of local.cf, such as use_dcc")
_PASSWORD = re.compile("passw|secret")

# The form of a test by the type of its rule, as in Mail::SpamAssassin::Conf.
_EVAL = r"eval:\w+\s*\(.*\)"
_HEADER = re.compile(
    r"(?:(?P<exists>exists:[\w-]+)|" + _EVAL + r"|[\w-]+(?::\w+)*\s*[=!]~\s*(?P<regex>\S.*))\s*", re.DOTALL
)
_BODY = re.compile(r"(?:" + _EVAL + r"|(?P<regex>(?:/|m\W).*))\s*", re.DOTALL)
_META = re.compile(r"(?:[A-Z_]\w*|rules_matching\([^()]*\)|[0-9.]+|[\s()+*/!<>=&|-])+")
_DELIMITED = re.compile(r"(?:m(?P<open>\W)|(?P<slash>/))(?P<inside>.*)(?P<close>\W)(?P<flags>[a-z]*)", re.DOTALL)
_UNSET = re.compile(r"\s*\[if-unset:.*\]\Z")
_PAIRS = {"{": "}", "(": ")", "[": "]", "<": ">"}
# Python's errors for regular expressions that are invalid in Perl, too.
_ALSO_PERL = ("missing ), unterminated", "unbalanced parenthesis", "unterminated character set", "nothing to repeat")


def regular_expression(text: str) -> str:
    """Why a pattern between delimiters, such as /free money/i, is invalid; empty when it looks valid."""
    found = _DELIMITED.fullmatch(_UNSET.sub("", text.strip()))
    if not found:
        return "has no regular expression between delimiters"
    start = found["open"] or "/"
    if _PAIRS.get(start, start) != found["close"]:
        return "has a regular expression that does not end in {0}".format(_PAIRS.get(start, start))
    if re.search("[^acdgilmnopsuxy]", found["flags"]):
        return "has flags that Perl does not have, {0}".format(found["flags"])
    try:
        re.compile(found["inside"])
    except re.error as exc:
        if exc.msg.startswith(_ALSO_PERL):
            return "has a regular expression that cannot be read: {0}".format(exc)
    except (OverflowError, RecursionError):
        pass
    return ""


def wrong_test(kind: str, test: str) -> str:
    """Why the test of a rule does not fit its type; empty when it may fit."""
    if kind == "meta":
        return "" if _META.fullmatch(test) else "is no expression of rules, numbers and operators"
    found = (_HEADER if kind == "header" else _BODY).fullmatch(test.strip())
    if not found:
        return "is no test of this type"
    return regular_expression(found["regex"]) if found["regex"] else ""


def _tests(key: str, value: Any) -> Iterator[Refusal]:
    yield from _RULE.check(key, value)
    for number_, rule in enumerate(value):
        why = wrong_test(rule["type"], rule["test"])
        if why:
            example = {"header": "Subject =~ /free money/i", "meta": "FIRST && !SECOND"}.get(
                rule["type"], "/free money/i"
            )
            yield Refusal(
                "{0}[{1}].test".format(key, number_),
                rule["test"],
                "a test of type {0}, such as {1}; it {2}".format(rule["type"], example, why),
            )


def _settings(key: str, value: Any) -> Iterator[Refusal]:
    for name, setting in value.items():
        if not _SETTING.accepts(name):
            yield Refusal("a key of {0}".format(key), name, _SETTING.accepted)
        elif _PASSWORD.search(name):
            yield Refusal(
                '{0}["{1}"]'.format(key, name),
                setting,
                "it in a file /etc/spamassassin/*.cf of your own, for the users of spamd and debian-spamd only, since every"
                " user of the host may read local.cf",
                secret=True,
            )
        else:
            for line in setting if isinstance(setting, list) else [setting]:
                if isinstance(line, (dict, list)) or line is None or "\n" in str(line):
                    yield Refusal('{0}["{1}"]'.format(key, name), line, "a value of one line, or a list of such values")


_RULE = ListOf(Fields({"name": _NAME, "test": _LINE, "description": _LINE}))
RULES: dict[str, Rule] = {
    "spamassassin_user": SYSTEM_NAME,
    "spamassassin_group": SYSTEM_NAME,
    "spamassassin_home": Kind(_HOME.accepted, lambda value: _HOME.accepts(value) and ".." not in value),
    "spamassassin_listen_address": IP_ADDRESS,
    "spamassassin_allowed_ips": ListOf(NETWORK, least=1),
    "spamassassin_trusted_networks": ListOf(
        Kind(NETWORK.accepted, lambda value: NETWORK.accepts(value[1:] if value.startswith("!") else value))
    ),
    "spamassassin_port": PORT,
    "spamassassin_max_children": number(1, 200),
    "spamassassin_nice": number(-20, 19),
    "spamassassin_required_score": number(0.1, 1000),
    "spamassassin_extra_options": ListOf(
        pattern(r"""[^\s"'`$\\]+""", "one word without white space, quotes, '$' or backslash")
    ),
    "spamassassin_rules": By(_RULE.accepted, _tests),
    "spamassassin_settings": By("a dictionary of settings of local.cf", _settings),
    "spamassassin_update_channels": ListOf(
        pattern("[a-z0-9-]+([.][a-z0-9-]+)+", "a channel, such as updates.spamassassin.org")
    ),
    "spamassassin_update_keys": ListOf(
        Fields(
            {
                "id": pattern("[0-9A-F]{40}", "a key's fingerprint, 40 capital hexadecimal digits"),
                "key": Kind("an armoured public key", lambda value: "-----BEGIN PGP PUBLIC KEY BLOCK-----" in value),
            }
        )
    ),
}


def questions(given: Given) -> Questions:
    """Questions that only the host can answer."""
    return {"calendars": given.values("spamassassin_update_on_calendar")}


def together(given: Given) -> None:
    """Rules of several variables, and of the host."""
    given.refuse_times("spamassassin_update_on_calendar")
    channels = "spamassassin_update_channels"
    if given.fine(channels, "spamassassin_updates") and given["spamassassin_updates"] and not given[channels]:
        given.refuse(
            channels, "at least one channel, such as updates.spamassassin.org, or let spamassassin_updates be false"
        )
