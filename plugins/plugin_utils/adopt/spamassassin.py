# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SpamAssassin's local.cf as variables of the spamassassin role. Pure."""

from __future__ import annotations

import re
from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import spamassassin as rules

ELSEWHERE = "put it into a file /etc/spamassassin/*.cf of your own"
DAEMON = ("/etc/default/spamassassin", "/etc/default/spamd")
LOCAL = "/etc/spamassassin/local.cf"
_TESTS = ("header", "body", "rawbody", "full", "uri", "meta")
# Several lines of these add up; of any other setting the last one counts.
_ADD_UP = re.compile(
    r"(?:add_header|remove_header|(?:un)?(?:white|black|welcome|block)list_\w+|(?:un)?trusted_networks|internal_networks|ok_\w+"
    r"|lang|describe|replace_\w+|bayes_ignore_\w+|dns_query_restriction|score|tflags|priority|test|reuse|util_rb_\w+|enlist_\w+)"
)


def read(files: Mapping[str, str], found: Found) -> None:
    """files: path -> text."""
    for path in DAEMON:
        if path in files:
            _daemon(path, files[path], found)
    if LOCAL not in files:
        return
    defaults = host_variables.defaults("spamassassin")
    tests: dict[str, dict[str, Any]] = {}
    settings: dict[str, Any] = {}
    networks: list[str] = []
    for keyword, rest in _lines(files[LOCAL], found):
        first, _blank, more = rest.partition(" ")
        more = more.strip()
        if keyword in _TESTS and more:
            tests[first] = {"name": first, "type": keyword, "test": more}
        elif keyword == "describe" and first in tests:
            tests[first]["description"] = more
        elif keyword == "score" and first in tests and re.fullmatch(r"-?[0-9.]+", more):
            tests[first]["score"] = float(more)
        elif keyword in ("required_score", "required_hits"):
            if re.fullmatch(r"[0-9]+(\.[0-9]+)?", rest):
                found.take(LOCAL, "spamassassin_required_score", float(rest), defaults["spamassassin_required_score"])
        elif keyword in ("trusted_networks",):
            networks.extend(rest.split())
        elif keyword == "use_bayes" and rest in ("0", "1"):
            found.take(LOCAL, "spamassassin_bayes", rest == "1", defaults["spamassassin_bayes"])
        elif keyword not in ("report_safe", "bayes_auto_learn") or rest not in ("0", "1"):
            _add(settings, keyword, rest)
    _bayes(files[LOCAL], settings, found)
    found.take(LOCAL, "spamassassin_trusted_networks", networks, [])
    kept = []
    for test in tests.values():
        refusals = list(rules.RULES["spamassassin_rules"].check("spamassassin_rules", [test]))
        if refusals:
            found.note(
                LOCAL,
                "The rule {0} is none that the role takes: {1}.".format(test["name"], ELSEWHERE),
            )
        else:
            kept.append(test)
    found.take(LOCAL, "spamassassin_rules", kept, [])
    found.take_settings(LOCAL, "spamassassin_settings", settings)


def _daemon(path: str, text: str, found: Found) -> None:
    """How spamd is started."""
    given = re.search(r'^OPTIONS="([^"\n]*)"', text, re.MULTILINE)
    if not given:
        return
    words = re.sub(r"=", " ", given[1]).split()
    defaults = host_variables.defaults("spamassassin")
    for option in ("--max-children", "-m"):
        number = words[words.index(option) + 1 :][:1] if option in words else []
        if number and number[0].isdigit():
            found.take(path, "spamassassin_max_children", int(number[0]), defaults["spamassassin_max_children"])
    if "--local" in words or "-L" in words:
        found.take(path, "spamassassin_network_tests", False, defaults["spamassassin_network_tests"])


def _bayes(text: str, settings: dict[str, Any], found: Found) -> None:
    """report_safe is 0 with the role, and learning goes with use_bayes, where the settings do not say otherwise."""
    for name, usual in (
        ("report_safe", "0"),
        ("bayes_auto_learn", "1" if found.variables.get("spamassassin_bayes", True) else "0"),
    ):
        values = re.findall(r"^\s*{0}\s+([01])\s*(?:#.*)?$".format(name), text, re.MULTILINE)
        if values and values[-1] != usual:
            settings[name] = int(values[-1])


def _add(settings: dict[str, Any], keyword: str, rest: str) -> None:
    if _ADD_UP.fullmatch(keyword) and keyword in settings:
        before = settings[keyword]
        settings[keyword] = [*before, rest] if isinstance(before, list) else [before, rest]
    else:
        settings[keyword] = rest


def _lines(text: str, found: Found) -> Any:
    """Keyword and rest of each line that holds always; what is in conditions is said."""
    depth = 0
    for line in text.splitlines():
        # A hash begins a comment where no backslash is before it.
        words = re.sub(r"(?<!\\)#.*", "", line).replace("\\#", "#").strip()
        if not words:
            continue
        keyword, _blank, rest = words.partition(" ") if " " in words else words.partition("\t")
        if keyword in ("if", "ifplugin"):
            depth += 1
        elif keyword == "endif":
            depth = max(0, depth - 1)
        elif depth:
            found.note(
                LOCAL,
                "What is between ifplugin and endif is not adopted: {0}.".format(ELSEWHERE),
            )
        else:
            yield keyword, " ".join(rest.split()) if keyword not in _TESTS else rest.strip()
