# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that says which versions of ansible-core are supported says the same."""

from __future__ import annotations

import re
import sys

import pytest
import yaml

from harness import versions
from harness.checkout import ROOT
from harness.console import Problem

NAMES = [core.version for core in versions.CORES]
OLDEST, NEWEST = NAMES[0], NAMES[-1]


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_collection_takes_the_oldest_and_what_follows():
    assert yaml.safe_load(read("meta/runtime.yml"))["requires_ansible"] == f">={OLDEST}.0"
    for path in ROOT.glob("roles/*/meta/main.yml"):
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["galaxy_info"]["min_ansible_version"] == OLDEST, path


def test_the_workflow_runs_each_on_each_python():
    jobs = yaml.safe_load(read(".github/workflows/ci.yml"))["jobs"]
    matrix = jobs["code"]["strategy"]["matrix"]
    assert matrix["core"] == NAMES
    left_out = {(pair["core"], pair["python"]) for pair in matrix["exclude"]}
    too_old = {
        (core.version, python)
        for core in versions.CORES
        for python in matrix["python"]
        if tuple(map(int, python.split("."))) < core.python
    }
    assert left_out == too_old
    assert jobs["story"]["strategy"]["matrix"]["include"] == [{"story": "default", "core": NEWEST}]


@pytest.mark.parametrize("name", ["README.md", "docs/support.md"])
def test_the_documents_name_the_oldest_and_the_newest(name):
    assert re.findall(r"ansible-core\W+(\d\.\d+) to (\d\.\d+)", read(name)) == [(OLDEST, NEWEST)]


def test_what_sanity_ignores_is_said_for_each():
    lines = [read(f"tests/sanity/ignore-{name}.txt").splitlines() for name in NAMES]
    # a newer one finds more
    assert all(set(older) <= set(newer) for older, newer in zip(lines, lines[1:], strict=False))
    assert all(" # " in line for found in lines for line in found), "an entry without a reason"
    assert len(list(ROOT.glob("tests/sanity/ignore-*.txt"))) == len(NAMES)


def test_another_version_is_refused():
    with pytest.raises(Problem, match=r"CORE is 2\.9: give 2\.19, 2\.20, 2\.21\."):
        versions.environment_of("2.9")


def test_a_python_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr(versions.shutil, "which", lambda _name, path: None)
    core = versions.Core("9.0", "ansible~=99.0", (sys.version_info[0], sys.version_info[1] + 1))
    with pytest.raises(Problem, match=rf"needs Python 3\.{sys.version_info[1] + 1}: run make with PYTHON="):
        versions.interpreter(core)
