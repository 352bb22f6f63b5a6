# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are and what they are called: derived from the folder, so that checkouts do not meet."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
CACHE = ROOT / ".cache"
LOGS = CACHE / "logs"
# Files of the commands we run that would otherwise land in the home directory.
HOME = CACHE / "home"
# The passwords that the example inventory generates for the test host.
CREDENTIALS = ROOT / "inventory/credentials/fermium"
CHECKOUT = hashlib.sha1(str(ROOT).encode()).hexdigest()[:6]
PREFIX = os.environ.get("LISTOPS_PROJECT") or f"listops-{CHECKOUT}"


def project(story: str) -> str:
    """The name of a story's network and the prefix of its hosts."""
    return f"{PREFIX}-{story}"


def environment(extra: Mapping[str, str] | None = None, *, venv: Path = VENV) -> dict[str, str]:
    """The environment of every command."""
    env = dict(os.environ)
    env.update(
        PATH=f"{venv / 'bin'}:{env.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin",
        LC_ALL="C.UTF-8",
        PYTHONDONTWRITEBYTECODE="1",
        UV_CACHE_DIR=str(CACHE / "uv"),
        XDG_CACHE_HOME=str(CACHE),
        HYPOTHESIS_STORAGE_DIRECTORY=str(CACHE / "hypothesis"),
        PIP_DISABLE_PIP_VERSION_CHECK="1",
        ANSIBLE_HOME=str(CACHE / "ansible"),
        ANSIBLE_CONFIG=str(ROOT / "ansible.cfg"),
        ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".ansible/collections"),
        ANSIBLE_CONNECTION_PLUGINS=str(ROOT / "molecule/resources/connection"),
        LISTOPS_CHECKOUT=CHECKOUT,
    )
    if not sys.stdout.isatty():
        env.update(NO_COLOR="1", PY_COLORS="0", ANSIBLE_NOCOLOR="1")
    env.update(extra or {})
    return env


def record(kind: str, name: str) -> None:
    """Note that this checkout made something besides the ignored folders, for `make clean`."""
    made = CACHE / "made"
    line = f"{kind} {name}"
    if line not in recorded():
        CACHE.mkdir(exist_ok=True)
        with made.open("a", encoding="utf-8") as handle:
            handle.write(line + "\n")


def claim(path: Path) -> None:
    """Note that a path in this folder, which is not there yet, will be ours; one that is there is somebody's."""
    if not path.exists():
        record("path", str(path.relative_to(ROOT)))


def recorded() -> list[str]:
    made = CACHE / "made"
    return made.read_text(encoding="utf-8").splitlines() if made.exists() else []
