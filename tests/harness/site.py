# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation site: built with antsibull-docs' own set-up of Sphinx, and looked at in a browser."""

from __future__ import annotations

import json
import shutil
from typing import Any

from harness import images
from harness.checkout import CACHE, ROOT, environment
from harness.console import Problem, run, say, step
from harness.results import Count, PartFailed

FOLDER = CACHE / "docs-site"
HTML = FOLDER / "html"
PICTURES = ROOT / "tests/output/screenshots/docs-site"
COLLECTION = "listops.mailman"
# The rest of conf.py. Its own intersphinx asks other hosts, and without it names of Ansible's own plugins are plain text.
SETTINGS = """
extensions = [name for name in extensions if name != "sphinx.ext.intersphinx"] + ["myst_parser"]
myst_heading_anchors = 4
suppress_warnings = ["ref.ref", "misc.highlighting_failure"]
html_use_smartypants = False
"""


def build() -> None:
    """Write the site; anything that Sphinx warns of is an error."""
    step("docs-site")
    shutil.rmtree(FOLDER, ignore_errors=True)
    source = FOLDER / "rst"
    source.mkdir(parents=True)
    env = environment()
    start = ["antsibull-docs", "sphinx-init", "--use-current", "--squash-hierarchy", "--lenient"]
    names = ["--project", COLLECTION, "--title", COLLECTION, "--html-short-title", COLLECTION]
    authors = ["--copyright", "The listops.mailman contributors", "--dest-dir", str(FOLDER), COLLECTION]
    run([*start, *names, *authors], log="docs-site-init", env=env, brief="sphinx-init")
    (source / "index.rst").unlink()
    with (FOLDER / "conf.py").open("a", encoding="utf-8") as configuration:
        configuration.write(SETTINGS)
    # it is not on Galaxy
    settings = FOLDER / "antsibull-docs.cfg"
    galaxy = "ansible-galaxy collection install {namespace}.{name}"
    text = settings.read_text(encoding="utf-8")
    if galaxy not in text:
        raise Problem(f"antsibull-docs.cfg has no {galaxy}: see what sphinx-init of this antsibull-docs writes.")
    settings.write_text(
        text.replace(galaxy, "ansible-galaxy collection install {namespace}-{name}-VERSION.tar.gz"), encoding="utf-8"
    )
    run(["python", "tests/docs/pages.py", str(source)], log="docs-site-pages", env=env)
    reference = source / "reference"
    reference.mkdir(mode=0o755)
    current = ["--use-current", "--squash-hierarchy", "--fail-on-error", "--dest-dir", str(reference), COLLECTION]
    run(
        ["antsibull-docs", "--config-file", str(settings), "collection", *current],
        log="docs-site-reference",
        env=env,
        brief="docs",
    )
    # no plugin of ours reads any
    (reference / "environment_variables.rst").unlink()
    sphinx = ["sphinx-build", "-q", "-W", "--keep-going", "-j", "auto", "-c", str(FOLDER), "-b", "html"]
    run([*sphinx, str(source), str(HTML)], log="docs-site", env=env)


def browse(engine: dict[str, str]) -> Count:
    """Open each page in the browser of the test hosts' image, follow its links, look at its pictures, search."""
    build()
    images.ensure([images.OUTSIDE], engine)
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir(parents=True)
    mounts = [f"--volume={HTML}:/site:ro", f"--volume={ROOT / 'tests/docs'}:/look:ro", f"--volume={PICTURES}:/pictures"]
    command = [engine["LISTOPS_ENGINE"], "run", "--rm", "--network=none", *mounts, images.name_of(images.OUTSIDE)]
    output = run(
        [*command, "python3", "/look/look.py"], log="docs-site-look", env=environment(engine), brief="Chromium"
    )
    return judge(json.loads(output.splitlines()[-1]))


def judge(found: dict[str, Any]) -> Count:
    """What was seen: pages, and what is wrong with them."""
    wrong = found["wrong"]
    if not found["pages"]:
        raise Problem("The documentation site has no page.")
    say(
        f"  {len(found['pages'])} pages, {found['links']} links, {found['pictures']} pictures, {found['searches']} searches"
    )
    if wrong:
        raise PartFailed(f"the documentation site has {wrong[0]}", Count(failed=len(wrong), failures=tuple(wrong)))
    return Count(passed=len(found["pages"]))
