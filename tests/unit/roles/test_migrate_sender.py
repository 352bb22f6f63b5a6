# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the key of the migration may ask of the old server: rsync of a few folders, and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import jinja2
import pytest

ROOT = Path(__file__).resolve().parents[3]
TEMPLATE = ROOT / "roles/migrate/templates/listops-send.j2"
FOLDERS = [
    {"path": "/var/lib/listops/migrate-dump/latest", "user": "root"},
    {"path": "/var/lib/listops/pipermail", "user": "root"},
    {"path": "/var/lib/mailman3", "user": "list"},
    {"path": "/var/lib/mailman3/web/fulltext_index", "user": "www-data"},
]
DUMPS, STATE, INDEX = (
    "/var/lib/listops/migrate-dump/latest/",
    "/var/lib/mailman3/",
    "/var/lib/mailman3/web/fulltext_index/",
)
START = "rsync --server --sender"


@pytest.fixture(scope="module")
def sender(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with an rsync and a runuser that only say what they are asked."""
    folder = tmp_path_factory.mktemp("sender")
    text = TEMPLATE.read_text(encoding="utf-8")
    given = {"_migrate_sent": FOLDERS, "_migrate_returns": False}
    rendered = jinja2.Environment(trim_blocks=True, keep_trailing_newline=True).from_string(text).render(given)
    (folder / "send").write_text(rendered, encoding="utf-8")
    for name in ("rsync", "runuser"):
        (folder / name).write_text(f'#!/bin/sh\necho {name} "$@"\n', encoding="utf-8")
        (folder / name).chmod(0o755)
    return folder


def ask(sender: Path, command: str | None) -> tuple[int, str, str]:
    environment = {"PATH": f"{sender}:{os.environ['PATH']}"}
    if command is not None:
        environment["SSH_ORIGINAL_COMMAND"] = command
    done = subprocess.run(
        ["sh", str(sender / "send")], env=environment, capture_output=True, text=True, check=False, timeout=20
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


@pytest.mark.parametrize(
    ("options", "folder", "said"),
    [
        ("-ogrce.iLsfxCIvu --timeout=300", DUMPS, ""),
        ("-ogtre.iLsfxCIvu --timeout=300", "/var/lib/listops/pipermail/", ""),
        ("-nogtre.iLsfxCIvu --timeout=300", STATE, "runuser -u list -- "),
        ("-ogtre.LsfxCIvu --timeout=300", INDEX, "runuser -u www-data -- "),
        # links as links, and only a look
        ("-nlogtrce.iLsfxCIvu --timeout=300", STATE, "runuser -u list -- "),
    ],
)
def test_what_the_new_server_asks_is_sent(sender: Path, options: str, folder: str, said: str) -> None:
    command = f"{START} {options} . {folder}"
    assert ask(sender, command) == (0, said + command, "")


@pytest.mark.parametrize(
    "command",
    [
        None,
        "",
        "id",
        "return",
        f"{START} -r . /etc/",
        f"{START} -r . {DUMPS};id",
        f"{START} -r . {DUMPS}\nid",
        f"{START} -r . $HOME/",
        f"{START} -r {DUMPS}",
        f"rsync --server -r . {DUMPS}",
        f"rsync --server --sender  . {DUMPS}",
        f"{START} -r . /etc/ . {DUMPS}",
        f"{START} -r /etc/shadow . {DUMPS}",
        # the path would come later
        f"{START} -s . {DUMPS}",
        f"{START} -rse.iLsfxCIvu . {DUMPS}",
        # links, devices, removal, files as rules
        *(f"{START} -r{letter}e.iLsfxCIvu . {DUMPS}" for letter in "LkDfTBM"),
        f"{START} -r --files-from=/etc/shadow . {DUMPS}",
        f"{START} -r --log-file=/etc/passwd . {DUMPS}",
        f"{START} -r --remove-source-files . {DUMPS}",
        f"{START} -r --timeout=1x . {DUMPS}",
        f"{START} -r . {DUMPS}../",
        f"{START} -r . {DUMPS}../../../../etc/",
    ],
)
def test_nothing_else_is(sender: Path, command: str | None) -> None:
    status, out, error = ask(sender, command)
    assert status == 1 and out == "" and error.startswith("this key is for copying")
