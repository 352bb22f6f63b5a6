# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set-up: packages (when root), the virtual environment, the collection's path, the container engine."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import shutil
import sys
from pathlib import Path

from harness.checkout import CACHE, HOME, ROOT, VENV, environment, record
from harness.console import Failed, Problem, ask, run, say, step

REQUIREMENTS = ROOT / "tests/requirements.txt"
MACHINES = {"x86_64", "aarch64"}
PODMAN = ["podman", "runc", "netavark", "aardvark-dns", "iptables"]
CAP_SYS_RESOURCE = 24


def need_machine() -> None:
    if platform.machine() not in MACHINES:
        raise Problem(
            f"The test hosts run on {' and '.join(sorted(MACHINES))}, and this machine is {platform.machine()}."
        )


def need_space(where: Path, gigabytes: int, what: str) -> None:
    while not where.exists():
        where = where.parent
    free = shutil.disk_usage(where).free / 1e9
    if free < gigabytes:
        raise Problem(f"{what} needs {gigabytes} GB in {where}, and {free:.1f} GB are free.")


def install(packages: list[str], why: str) -> None:
    """Install Debian packages, or say in one sentence who has to."""
    wanted = " ".join(packages)
    if not shutil.which("apt-get"):
        raise Problem(f"{why} is missing: install what Debian calls {wanted}.")
    if os.geteuid() != 0:
        raise Problem(f"{why} is missing and this is not root: run `apt-get install {wanted}` as root, then try again.")
    env = environment({"DEBIAN_FRONTEND": "noninteractive"})
    try:
        run(["apt-get", "update", "-q"], log="apt-update", env=env, brief="apt")
        run(
            ["apt-get", "install", "-qy", "--no-install-recommends", *packages], log="apt-install", env=env, brief="apt"
        )
    except Failed as exc:
        raise Problem(f"{why} is missing and apt-get could not install {wanted}: {exc}") from exc
    for package in packages:
        record("package", package)


def need_program(name: str, why: str) -> None:
    """Have a program whose Debian package has the same name."""
    if not shutil.which(name):
        install([name], f"{name}, {why},")


def need_gnupg() -> None:
    """What signs the collection, and the agent without which it does not."""
    for name in ("gpg", "gpg-agent"):
        need_program(name, "which signs the collection")


def link_collection() -> None:
    """Make ansible_collections.listops.mailman this checkout, whatever its folder's name."""
    link = ROOT / ".ansible/collections/ansible_collections/listops/mailman"
    if not link.is_symlink():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("../../../..")


def stamp_of(requirements: Path) -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]} {hashlib.sha1(requirements.read_bytes()).hexdigest()}\n"


def make_venv(venv: Path, arguments: list[str], stamp: str, python: str = sys.executable) -> None:
    """A virtual environment with the arguments' packages, unless the one there has this stamp."""
    kept = venv / "listops-stamp"
    if kept.exists() and kept.read_text(encoding="utf-8") == stamp:
        return
    step(f"set-up: virtual environment {venv.relative_to(ROOT)}")
    need_space(ROOT, 2, "The virtual environment")
    if not importlib.util.find_spec("ensurepip"):
        install(["python3-venv"], "Python's venv module")
    env = environment({"PIP_CACHE_DIR": str(CACHE / "pip")}, venv=venv)
    kept.unlink(missing_ok=True)
    _status, version = ask(
        [str(venv / "bin/python"), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"], env=env
    )
    if version != stamp.split()[0]:
        shutil.rmtree(venv, ignore_errors=True)
        run([python, "-m", "venv", str(venv)], log="venv", env=env, brief="venv")
    python = str(venv / "bin/python")
    uv = next(line for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines() if line.startswith("uv=="))
    try:
        run([python, "-m", "pip", "install", "-q", uv], log="venv", env=env, brief="uv")
        run([str(venv / "bin/uv"), "pip", "install", "-p", python, *arguments], log="venv", env=env, brief="uv")
    except Failed:
        # no build of uv for this machine, or it cannot use this machine's proxy
        run([python, "-m", "pip", "install", *arguments], log="venv", env=env, brief="pip")
    kept.write_text(stamp, encoding="utf-8")


def set_up() -> None:
    """What every command needs; quick when it is there."""
    if not shutil.which("git"):
        raise Problem("git is missing: install it, then try again.")
    need_machine()
    link_collection()
    HOME.mkdir(parents=True, exist_ok=True)
    make_venv(VENV, ["-r", str(REQUIREMENTS)], stamp_of(REQUIREMENTS))


def needs_containers_conf() -> bool:
    """crun runs neither on cgroup v1 nor as a root without CAP_SYS_RESOURCE."""
    status, kind = ask(["stat", "-fc", "%T", "/sys/fs/cgroup"], env=environment())
    if status or kind != "cgroup2fs":
        return True
    capabilities = next(
        line
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if line.startswith("CapEff:")
    )
    return os.geteuid() == 0 and not int(capabilities.split()[1], 16) >> CAP_SYS_RESOURCE & 1


def engine_environment(name: str) -> dict[str, str]:
    extra = {"LISTOPS_ENGINE": name}
    if name == "podman" and "CONTAINERS_CONF" not in os.environ and needs_containers_conf():
        extra["CONTAINERS_CONF"] = str(ROOT / "tests/containers.conf")
    return extra


def engine() -> dict[str, str]:
    """The container engine, ready for use, as the environment that selects it."""
    wanted = os.environ.get("LISTOPS_ENGINE")
    if wanted not in (None, "", "podman", "docker"):
        raise Problem(f"LISTOPS_ENGINE is {wanted}: give podman or docker.")
    name = wanted or next((name for name in ("podman", "docker") if usable(name)), "podman")
    if not shutil.which(name):
        if name == "docker":
            raise Problem("LISTOPS_ENGINE is docker, which is not installed: give podman, or install it.")
        step("set-up: podman")
        install(PODMAN, "podman")
    extra = engine_environment(name)
    status, output = ask([name, "info"], env=environment(extra))
    if status:
        raise Problem(f"{name} is installed and does not work here: {last_line(output)}")
    say(f"engine: {name}{' with tests/containers.conf' if 'CONTAINERS_CONF' in extra else ''}")
    return extra


def usable(name: str) -> bool:
    """Whether an engine is worth choosing: podman when installed, docker when its daemon answers."""
    return bool(shutil.which(name)) and (name == "podman" or ask([name, "info"], env=environment())[0] == 0)


def last_line(output: str) -> str:
    return output.splitlines()[-1] if output else "no output"
