# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An inventory is checked as a whole, by each playbook and without any host, and all that is wrong is said at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
LEAST: dict[str, Any] = {"mailman_domains": ["lists.example.org"], "mailman_lists": [{"name": "a"}]}
# Shapes that YAML makes easily, and what is said of them by every playbook.
SHAPES: list[tuple[dict[str, Any], str]] = [
    ({"mailman_lists": None}, "mailman_lists is null: give a list, [] for none."),
    ({"mailman_lists": ["tech-l"]}, 'mailman_lists[0] is "tech-l": give a dictionary.'),
    ({"mailman_lists": {"tech-l": {}}}, 'mailman_lists is {"tech-l": {}}: give a list, [] for none.'),
    ({"mailman_lists": "tech-l"}, 'mailman_lists is "tech-l": give a list, such as ["tech-l"].'),
    (
        {"mailman_domains": "lists.example.org"},
        'mailman_domains is "lists.example.org": give a list, such as ["lists.example.org"].',
    ),
    (
        {"mailman_domains": []},
        "mailman_domains is []: give a list with at least one item, a lower-case domain name, such as lists.example.org.",
    ),
    ({"mailman_domains": None}, "mailman_domains is null: give a list, [] for none."),
    ({"mailman_domains": [None]}, "mailman_domains[0] is null: give text."),
    ({"mailman_list_defaults": None}, "mailman_list_defaults is null: give a dictionary, {} for none."),
    ({"mailman_list_defaults": ["a"]}, 'mailman_list_defaults is ["a"]: give a dictionary.'),
    (
        {"mailman_list_naming": {"rules": ["[a-z]+-l"]}},
        'mailman_list_naming.rules[0] is "[a-z]+-l": give a dictionary with pattern, explanation.',
    ),
    ({"mailman_list_naming": "a"}, 'mailman_list_naming is "a": give a dictionary with rules, exceptions.'),
]
# What only a playbook says that makes lists or a whole site.
LISTS: list[tuple[dict[str, Any], str]] = [
    ({"mailman_lists": [{"name": "a", "owner": []}]}, "mailman_lists[0]: list a: 'owner' is not an option here"),
    (
        {"mailman_lists": [{"name": "a", "preferred_language": "xx"}], "mailman_engine": "mailman3"},
        "mailman_lists[0]: list a@lists.example.org: preferred_language is 'xx'",
    ),
    (
        {"mailman_list_defaults": {"members": []}},
        "mailman_list_defaults: members belongs to one list: give it in an entry",
    ),
]
SITE: list[tuple[dict[str, Any], str]] = [
    ({"mailman_web_time_zone": "Berlin"}, 'mailman_web_time_zone is "Berlin": give a time zone, such as UTC'),
    ({"mailman_settings": {"mta": {"smtp_prt": 25}}}, 'a key of mailman_settings["mta"] is "smtp_prt": give one of'),
    ({"exim_main_settings": {"smtp_bannr": "x"}}, 'a key of exim_main_settings is "smtp_bannr": give an option of'),
    (
        {"spamassassin_rules": [{"name": "A", "type": "body", "test": "/(a/"}]},
        'spamassassin_rules[0].test is "/(a/": give a test of type body',
    ),
    ({"backup_keep": 0}, "backup_keep is 0: give a number from 1."),
    ({"exim_long_lines": "wrap"}, 'exim_long_lines is "wrap": give refuse or accept.'),
    # once, and in the words of the inventory
    ({"mailman_lmtp_port": 0}, "mailman_lmtp_port is 0: give a port number from 1 to 65535."),
    ({"mailman_web_domain": "A"}, 'mailman_web_domain is "A": give a lower-case host name, such as lists.example.org.'),
]
ALL = [*SHAPES, *LISTS, *SITE]
BAD = {name: value for given, _said in (*SHAPES[:1], *SHAPES[9:10], *SITE) for name, value in given.items()}


def run(playbook: str, folder: Path, hosts: dict[str, dict[str, Any]], *options: str) -> dict[str, dict[str, Any]]:
    """The last result of each host, and how it went. No host can be connected to, unless its variables say otherwise."""
    inventory = folder / f"{playbook}.json"
    shared = {"ansible_host": "192.0.2.1", "ansible_connection": "ssh", "ansible_become": False}
    inventory.write_text(
        json.dumps({"mailhosts": {"hosts": {name: {**shared, **given} for name, given in hosts.items()}}}),
        encoding="utf-8",
    )
    done = subprocess.run(
        [
            Path(sys.executable).parent / "ansible-playbook",
            f"--inventory={inventory}",
            *options,
            f"playbooks/{playbook}.yml",
        ],
        cwd=ROOT,
        # the audit writes its page there
        env={
            **os.environ,
            "PWD": str(folder),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_SSH_TIMEOUT": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout[done.stdout.index("{") :])
    last: dict[str, dict[str, Any]] = {name: {"rc": done.returncode, "stats": found["stats"][name]} for name in hosts}
    for play in found["plays"]:
        for task in play["tasks"]:
            for name, result in task["hosts"].items():
                if result.get("failed"):
                    last[name].setdefault("msg", result.get("msg", ""))
                if result.get("changed"):
                    last[name]["changed"] = True
    return last


def cases(found: list[tuple[dict[str, Any], str]], **shared: Any) -> dict[str, dict[str, Any]]:
    return {f"case{number}": {**LEAST, **given, **shared} for number, (given, _said) in enumerate(found)}


def test_an_inventory_without_any_host(tmp_path: Path) -> None:
    example = {"good": LEAST, "old": {**LEAST, "mailman_engine": "mailman21", "mailman_lists": []}}
    hosts = {**cases(ALL), **example, "bad": {**LEAST, **BAD}, "none": {}}
    nowhere = {"ansible_connection": "not.installed.here"}
    told = run("check_inventory", tmp_path, {name: {**given, **nowhere} for name, given in hosts.items()})
    for number, (_given, said) in enumerate(ALL):
        assert said in told[f"case{number}"]["msg"]
        assert len(told[f"case{number}"]["msg"].splitlines()) == 1
    for name in example:
        assert "msg" not in told[name]
        assert told[name]["stats"]["ok"] == 1
    said = told["bad"]["msg"].splitlines()
    for sentence in [*(said for _given, said in SITE), SHAPES[0][1], SHAPES[9][1]]:
        assert [line for line in said if line.startswith(sentence)]
    assert len(said) == len(BAD)
    for name, value in (("mailman_domains", "give a list with at least one item"), ("mailman_lists", "give a list")):
        assert f"{name} is missing: {value}" in told["none"]["msg"]
    assert told["bad"]["rc"] == 2


@pytest.mark.parametrize(
    "playbook", ["export", "credentials", "roster", "backfill", "redact", "handover", "audit", "lists"]
)
def test_shapes_get_a_sentence_in_every_playbook(playbook: str, tmp_path: Path) -> None:
    found = [*SHAPES[::4], *LISTS] if playbook in ("lists", "audit") else SHAPES[::4]
    told = run(playbook, tmp_path, cases(found))
    for number, (_given, said) in enumerate(found):
        assert told[f"case{number}"].get("msg", "").startswith(said), playbook


@pytest.mark.parametrize("options", [(), ("--check",)])
def test_the_site_is_refused_before_anything_is_changed(options: tuple[str, ...], tmp_path: Path) -> None:
    here = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    found = [SHAPES[0], LISTS[1], SITE[0]]
    told = run("site", tmp_path, cases(found, **here), "--tags=lists", *options)
    for number, (_given, said) in enumerate(found):
        assert said in told[f"case{number}"]["msg"]
        assert told[f"case{number}"]["stats"]["changed"] == 0
        assert "changed" not in told[f"case{number}"]
