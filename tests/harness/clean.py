# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""make clean: remove what this checkout made, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from harness.checkout import CACHE, CHECKOUT, ROOT, VENV, environment, recorded
from harness.console import ask, say
from harness.prerequisites import engine_environment, usable

FOLDERS = [
    VENV,
    CACHE,
    ROOT / ".ansible",
    ROOT / ".hypothesis",
    ROOT / "tests/output",
    ROOT / "changelogs/.plugin-cache.yaml",
]


def identifiers(command: list[str], env: dict[str, str]) -> list[str]:
    """What an engine lists; when it cannot answer, its complaint is no list of names."""
    status, output = ask([*command, f"--filter=label=listops.checkout={CHECKOUT}"], env=env)
    return output.split() if status == 0 else []


def remove_containers(name: str, env: dict[str, str]) -> None:
    """Hosts and networks carry the checkout's label."""
    hosts = identifiers([name, "ps", "--all", "--quiet"], env)
    if hosts:
        say(f"removing {len(hosts)} hosts")
        ask([name, "rm", "--force", "--volumes", *hosts], env=env)
    for network in identifiers([name, "network", "ls", "--quiet"], env):
        say(f"removing the network {network}")
        ask([name, "network", "rm", network], env=env)


def remove_images(name: str, images: list[str], env: dict[str, str]) -> None:
    """Newest first: an image made here that something else uses by now stays, and that is said."""
    for image in reversed(images):
        if ask([name, "image", "inspect", image], env=env)[0] == 0:
            status, output = ask([name, "rmi", image], env=env)
            say(f"removing the image {image}" if status == 0 else f"leaving the image {image}: {output}")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        say(f"removing {path.relative_to(ROOT)}")
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clean() -> int:
    made = [line.partition(" ")[::2] for line in recorded()]
    for name in ("podman", "docker"):
        if usable(name):
            env = environment(engine_environment(name))
            remove_containers(name, env)
            remove_images(name, [what for kind, what in made if kind == "image"], env)
    for path in [ROOT / what for kind, what in made if kind == "path"]:
        remove(path)
        if path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    for path in [*FOLDERS, *ROOT.rglob("__pycache__")]:
        remove(path)
    packages = [what for kind, what in made if kind == "package"]
    if packages:
        say(f"The Debian packages that set-up installed stay; to remove them, too: apt-get remove {' '.join(packages)}")
    return 0
