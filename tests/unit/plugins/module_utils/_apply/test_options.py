# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._apply.options import POLICY_SPEC, TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._lists import naming
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import Policy
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

DEFAULTS = {name: option.get("default") for name, option in {**CONNECTION_SPEC, **POLICY_SPEC}.items()}


def test_the_defaults_are_the_same():
    assert TaskOptions.of(DEFAULTS, check_mode=False) == TaskOptions(Connection())


def test_what_is_given_is_there():
    scheme = naming.Naming(exceptions=frozenset({"a"}))
    params = dict(DEFAULTS, allow_shrink=True, send_goodbye=True, diff_limit=0, mailman_user="mm")
    options = TaskOptions.of(params, check_mode=True, scheme=scheme).with_scope(must_exist=True)
    assert options.policy == Policy(allow_shrink=True, send_goodbye=True, naming=scheme)
    assert (options.diff_limit, options.check_mode, options.must_exist) == (0, True, True)
    assert options.connection.user == "mm"


def test_a_negative_number_of_lines_is_refused():
    with pytest.raises(Invalid, match="diff_limit is -1"):
        TaskOptions.of(dict(DEFAULTS, diff_limit=-1), check_mode=False)
