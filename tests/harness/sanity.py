# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-test sanity, in a copy: it accepts neither links nor a folder of any other name."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from harness.checkout import CACHE, HOME, LOGS, ROOT, VENV, environment
from harness.console import Failed, Problem, ask, run, step
from harness.lint import tracked
from harness.results import Count, PartFailed

TREE = CACHE / "sanity/ansible_collections/listops/mailman"
# The pip that this ansible-test asks for.
ASK_FOR_PIP = """
from types import SimpleNamespace
from ansible_test._internal.python_requirements import get_venv_packages
print(get_venv_packages(SimpleNamespace(version=""))["pip"])
"""


def copy_tree() -> None:
    shutil.rmtree(TREE, ignore_errors=True)
    for name in tracked():
        target = TREE / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target, follow_symlinks=False)
    # Inside this repository the copy is ignored, and ansible-test would skip every
    # target and still exit 0: it gets a repository of its own.
    for arguments in (["init", "-q"], ["add", "-A"]):
        run(["git", "-C", str(TREE), *arguments], log="sanity-git", env=environment())


def stand_in_for_get_pip(venv: Path) -> None:
    """ansible-test downloads get-pip from outside the package index; what it finds here it does not download."""
    status, pip = ask([str(venv / "bin/python"), "-c", ASK_FOR_PIP], env=environment())
    if status:
        raise Problem(f"ansible-test does not say which pip it uses: {pip}")
    cache = HOME / ".ansible/test/cache"
    script = cache / f"get_pip_{pip.replace('.', '_')}.py"
    if not script.exists():
        cache.mkdir(parents=True, exist_ok=True)
        download = ["python", "-m", "pip", "download", "-q", "--no-deps", "--dest", str(cache), f"pip=={pip}"]
        run(download, log="sanity-pip", env=environment())
        shutil.copy(ROOT / "tests/get_pip.py", script)


def search_path(path: str) -> str:
    """Every Python that pyenv has, and not its shims, which fail for those not selected."""
    versions = sorted(Path.home().glob(".pyenv/versions/3.*/bin"))
    rest = [folder for folder in path.split(os.pathsep) if not folder.endswith(".pyenv/shims")]
    return os.pathsep.join([rest[0], *map(str, versions), *rest[1:]])


def judge(output: str, failed: bool) -> Count:
    """The number of sanity tests run, and of those that failed."""
    ran = len(re.findall(r"^Running sanity test ", output, re.MULTILINE))
    if "All targets skipped" in output or not ran:
        raise Problem("ansible-test looked at nothing.")
    bad = re.search(r"The (\d+) sanity test\(s\) listed below", output)
    number = int(bad.group(1)) if bad else int(failed)
    return Count(passed=max(0, ran - number), failed=number)


def sanity(name: str = "sanity", *, venv: Path = VENV) -> Count:
    step(f"ansible-test {name}")
    copy_tree()
    stand_in_for_get_pip(venv)
    env = environment({"HOME": str(HOME)}, venv=venv)
    env["PATH"] = search_path(env["PATH"])
    del env["ANSIBLE_CONFIG"], env["ANSIBLE_CONNECTION_PLUGINS"]
    log = name.replace(" ", "-")
    try:
        return judge(run(["ansible-test", "sanity", "--color", "no"], log=log, env=env, cwd=TREE), failed=False)
    except Failed as exc:
        output = (LOGS / f"{log}.log").read_text(encoding="utf-8")
        raise PartFailed(str(exc), judge(output, failed=True)) from exc
