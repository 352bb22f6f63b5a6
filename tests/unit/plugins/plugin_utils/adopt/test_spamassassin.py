# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import spamassassin
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

LOCAL = r"""
# comment
required_score 5.0   # more
report_safe 1
use_bayes 0
trusted_networks 192.0.2.0/24 !192.0.2.7
header   FREE_MONEY  Subject =~ /free \#1 money/i
describe FREE_MONEY  Money for {{ nothing }}
score    FREE_MONEY  2.5
score BAYES_99 4.0
score BAYES_00 -1 -1 -2 -2
rewrite_header Subject ***
bayes_sql_password hush
body BROKEN /unclosed(/
ifplugin Mail::SpamAssassin::Plugin::Shortcircuit
shortcircuit ALL_TRUSTED on
endif
"""


def adopted(text: str) -> Found:
    found = Found()
    spamassassin.read({spamassassin.LOCAL: text}, found)
    return found


def test_what_the_role_can_hold() -> None:
    found = adopted(LOCAL)
    assert found.variables == {
        "spamassassin_required_score": 5.0,
        "spamassassin_bayes": False,
        "spamassassin_trusted_networks": ["192.0.2.0/24", "!192.0.2.7"],
        "spamassassin_rules": [
            {
                "name": "FREE_MONEY",
                "type": "header",
                "test": "Subject =~ /free #1 money/i",
                "description": "Money for {{ nothing }}",
                "score": 2.5,
            }
        ],
        "spamassassin_settings": {
            "score": ["BAYES_99 4.0", "BAYES_00 -1 -1 -2 -2"],
            "rewrite_header": "Subject ***",
            "report_safe": 1,
        },
    }
    said = found.notes[spamassassin.LOCAL]
    assert len(said) == 3 and found.secrets == {}
    assert all(any(word in each for each in said) for word in ("BROKEN", "ifplugin", "bayes_sql_password"))
    assert "hush" not in str(said)


def test_what_the_role_has_itself_is_nothing() -> None:
    ours = "# Ansible managed\nrequired_score 4.0\nreport_safe 0\nuse_bayes 1\nbayes_auto_learn 1\n"
    assert adopted(ours).variables == {} and adopted("").variables == {}
    assert adopted("use_bayes 0\nbayes_auto_learn 0\nreport_safe 0\n").variables == {"spamassassin_bayes": False}


def test_how_the_daemon_runs() -> None:
    found = Found()
    options = 'OPTIONS="--max-children 8 --local -u spamd"\n'
    spamassassin.read({spamassassin.DAEMON[1]: options}, found)
    assert found.variables == {"spamassassin_max_children": 8, "spamassassin_network_tests": False}


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    adopted(text)
    adopted("score " + text)
    adopted("header A " + text)
