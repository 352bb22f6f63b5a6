# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test hosts' images, built again when what they are made of changes."""

from __future__ import annotations

import hashlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from harness.checkout import CHECKOUT, LOGS, ROOT, environment, record
from harness.console import Failed, Problem, ask, run, say, step
from harness.prerequisites import install, need_space

RESOURCES = ROOT / "molecule/resources"
CONTAINERFILE = RESOURCES / "Containerfile"
INGREDIENTS = [CONTAINERFILE, RESOURCES / "listops_compiled.py"]
OUTSIDE = ("outside", "trixie")  # the same whatever the suite of the mail host
PYTHON27 = ("python27", "bullseye")  # has the stand-in for Mailman 2.1
Image = tuple[str, str]  # stage, suite


def name_of(image: Image) -> str:
    """Also computed in molecule/resources/create.yml."""
    stage, suite = image
    content = b"".join(path.read_bytes() for path in INGREDIENTS)
    return f"localhost/listops-{stage}:{suite}-{hashlib.sha1(content).hexdigest()[:8]}"


def exists(name: str, engine: dict[str, str]) -> bool:
    return ask([engine["LISTOPS_ENGINE"], "image", "inspect", name], env=environment(engine))[0] == 0


def base_of(suite: str, engine: dict[str, str]) -> str:
    """An image of bare Debian: from a registry, or made here when none can be reached."""
    podman, env = engine["LISTOPS_ENGINE"], environment(engine)
    public, own = f"docker.io/library/debian:{suite}", f"localhost/listops-base:{suite}"
    for name in (own, public):
        if exists(name, engine):
            return name
    status, _output = ask([podman, "pull", "-q", public], env=env, timeout=300)
    if status == 0:
        record("image", public)
        return public
    say(f"  no registry in reach: making Debian {suite} with mmdebstrap")
    if not shutil.which("mmdebstrap"):
        install(["mmdebstrap"], "mmdebstrap, which makes an image when no registry can be reached,")
    LOGS.mkdir(parents=True, exist_ok=True)
    archive = LOGS.parent / f"{suite}.tar"
    try:
        run(["mmdebstrap", "--variant=apt", suite, str(archive)], log=f"base-{suite}", env=env, brief=f"base {suite}")
        run([podman, "import", str(archive), own], log=f"import-{suite}", env=env, brief=f"base {suite}")
    finally:
        archive.unlink(missing_ok=True)
    record("image", own)
    return own


def build(image: Image, base: str, engine: dict[str, str]) -> None:
    name = name_of(image)
    command = [engine["LISTOPS_ENGINE"], "build", "--target", image[0], "--build-arg", f"BASE={base}", "-t", name]
    log = "image-" + "-".join(image)
    run([*command, "-f", str(CONTAINERFILE), str(RESOURCES)], log=log, env=environment(engine), brief=" ".join(image))
    record("image", name)


def ensure(wanted: list[Image], engine: dict[str, str]) -> None:
    """Build what is missing of the wanted images."""
    missing = [image for image in dict.fromkeys(wanted) if not exists(name_of(image), engine)]
    if not missing:
        return
    step("images " + ", ".join(" ".join(image) for image in missing))
    need_space(graph_root(engine), 6, "Building the test hosts' images")
    try:
        for suite in dict.fromkeys(suite for _stage, suite in missing):
            base = base_of(suite, engine)
            # the stage that the others start from first, then those side by side
            build(("host", suite), base, engine)
            others = [image for image in missing if image[1] == suite and image[0] != "host"]
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(partial(build, base=base, engine=engine), others))
    except Failed as exc:
        raise Problem(f"An image could not be built: {exc}") from exc


def copy_of(container: str, engine: dict[str, str]) -> str:
    """An image of a running container, from which hosts are made that may be changed."""
    name = f"localhost/listops-copy:{CHECKOUT}"
    status, output = ask([engine["LISTOPS_ENGINE"], "commit", container, name], env=environment(engine), timeout=600)
    if status:
        raise Problem(f"MAILMAN2_HOST is {container}: give the name of a running container ({output})")
    record("image", name)
    return name


def graph_root(engine: dict[str, str]) -> Path:
    form = "{{.DockerRootDir}}" if engine["LISTOPS_ENGINE"] == "docker" else "{{.Store.GraphRoot}}"
    return Path(ask([engine["LISTOPS_ENGINE"], "info", "--format", form], env=environment(engine))[1] or "/")
