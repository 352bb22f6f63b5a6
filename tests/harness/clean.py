# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make clean: remove what this checkout made, and nothing else."""

from __future__ import annotations

import os
import shutil

from harness.checkout import CACHE, CHECKOUT, ROOT, VENV, environment, recorded
from harness.console import ask, say
from harness.prerequisites import engine_environment

FOLDERS = [VENV, CACHE, ROOT / ".ansible", ROOT / "tests/output", ROOT / "changelogs/.plugin-cache.yaml"]


def remove_containers(name: str, env: dict[str, str]) -> None:
    """Hosts and networks carry the checkout's label."""
    label = f"--filter=label=listops.checkout={CHECKOUT}"
    hosts = ask([name, "ps", "--all", "--quiet", label], env=env)[1].split()
    if hosts:
        say(f"removing {len(hosts)} hosts")
        ask([name, "rm", "--force", "--volumes", *hosts], env=env)
    for network in ask([name, "network", "ls", "--quiet", label], env=env)[1].split():
        say(f"removing the network {network}")
        ask([name, "network", "rm", network], env=env)


def remove_images(name: str, env: dict[str, str]) -> None:
    """Newest first: an image made here that something else uses by now stays, and that is said."""
    for line in reversed(recorded()):
        kind, image = line.split()
        if kind != "image" or ask([name, "image", "inspect", image], env=env)[0]:
            continue
        status, output = ask([name, "rmi", image], env=env)
        say(f"removing the image {image}" if status == 0 else f"leaving the image {image}: {output}")


def clean() -> int:
    for name in ("podman", "docker"):
        if shutil.which(name):
            env = environment(engine_environment(name))
            remove_containers(name, env)
            remove_images(name, env)
    packages = [line.split()[1] for line in recorded() if line.startswith("package ")]
    for path in FOLDERS:
        if path.is_dir() and not path.is_symlink():
            say(f"removing {path.relative_to(ROOT)}")
            shutil.rmtree(path)
        elif path.exists():
            os.unlink(path)
    for folder in ROOT.rglob("__pycache__"):
        shutil.rmtree(folder)
    if packages:
        say(f"The Debian packages that set-up installed stay; to remove them, too: apt-get remove {' '.join(packages)}")
    return 0
