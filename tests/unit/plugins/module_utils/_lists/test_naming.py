# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, naming
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy, plan_list
from ansible_collections.listops.mailman.plugins.module_utils._lists.rename import Rename
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._patterns import Matcher

SCHEME = naming.parse(
    {"rules": [{"pattern": "[a-z-]+-l", "explanation": "discussion ends in -l"}], "exceptions": ["Announce"]}
)
HERE = {"settings": {}, "rosters": {}, "bans": [], "header_matches": [], "archivers": {}, "saved": None}


def plan(name, actual=None, **more):
    (spec,) = model.parse_site([{"name": name + "@lists.example.org"}])
    return plan_list(spec, actual, Policy(naming=SCHEME), **more)


@pytest.mark.parametrize("name", ["wikitech-l", "announce"])
def test_names_that_follow_are_new_lists(name):
    assert plan(name).action == "create"


# the whole name, not its end or its beginning
@pytest.mark.parametrize("name", ["wikitech", "wikitech-lists", "9-l"])
def test_others_are_refused_with_rule_and_explanation(name):
    with pytest.raises(Invalid) as refused:
        plan(name)
    assert str(refused.value) == (
        f"list {name}@lists.example.org: its name follows no rule of naming: "
        "give [a-z-]+-l (discussion ends in -l), or a name among the exceptions"
    )


def test_lists_that_exist_keep_their_names():
    assert plan("wikitech", HERE).action == "none"


def test_a_new_name_of_an_old_list_is_new():
    with pytest.raises(Invalid, match="follows no rule"):
        plan("wikitech", HERE, renaming=Rename("old@lists.example.org", "wikitech@lists.example.org", "follow"))


def test_without_rules_every_name_will_do():
    naming.check("x@lists.example.org", naming.parse({}), Matcher())
    naming.check("x@lists.example.org", naming.parse({"exceptions": ["y"]}), Matcher())


@pytest.mark.parametrize(
    "value, sentence",
    [
        ({"rule": []}, "'rule' is not an option here (naming)"),
        ({"rules": "x"}, "naming.rules is 'x': give a list"),
        ({"rules": [{"pattern": "x"}]}, "give a list of dictionaries with pattern and explanation"),
        (
            {"rules": [{"pattern": "(", "explanation": "x"}]},
            "naming.rules.pattern is '(': give a regular expression that compiles",
        ),
        ({"exceptions": "x"}, "naming.exceptions is 'x': give a list"),
    ],
)
def test_bad_schemes_are_refused(value, sentence):
    with pytest.raises(Invalid) as refused:
        naming.parse(value)
    assert sentence in str(refused.value)
