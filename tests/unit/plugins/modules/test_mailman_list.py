# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re

import pytest
from ansible.module_utils import basic

from ansible_collections.listops.mailman.plugins.modules import mailman_list


@pytest.mark.parametrize("password", ["s3cret-xyz", 84930211, [{"one": "s3cret-xyz"}]])
@pytest.mark.parametrize(
    "options",
    [
        {"name": "a", "advertised": "maybe", "settings": "PASSWORD"},
        {"lists": [{"name": "a", "settings": "PASSWORD"}], "undeclared": "perhaps"},
        {"lists": [{"name": "a", "advertised": "maybe"}], "defaults": {"settings": "PASSWORD"}},
        {"lists": [{"name": "a", "moderator_password": "MISPLACED"}]},
    ],
)
def test_what_is_refused_shows_no_password(options, password, monkeypatch, capsys, tmp_path):
    text = json.dumps({**options, "_ansible_remote_tmp": str(tmp_path)})
    text = text.replace('"PASSWORD"', json.dumps({"moderator_password": password}))
    text = text.replace('"MISPLACED"', json.dumps(password))
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", f'{{"ANSIBLE_MODULE_ARGS": {text}}}'.encode())
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    with pytest.raises(SystemExit):
        mailman_list.main()
    said = capsys.readouterr().out
    assert json.loads(said)["failed"] and not re.search("s3cret|84930211", said)


def test_of_many_lists_only_what_was_parsed_is_kept():
    entries = [{"name": f"l{number}", "members": ["a@example.org"]} for number in range(3)]
    params = {"lists": entries, "defaults": None, "domain": "l.example.org"}
    declare = mailman_list.Declared(params)
    specs = declare()
    assert [spec.name for spec in specs] == [f"l{number}@l.example.org" for number in range(3)]
    # whoever else has the list, as Ansible does
    assert entries == params["lists"] == ["l0", "l1", "l2"]
    assert declare(None) is specs and mailman_list.brief(params)["lists"] == ["l0", "l1", "l2"]
