# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page with the account of a migration, rendered by the role's template from what migrate_info returns."""

from __future__ import annotations

import html.parser
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
EVIL = "<script>alert(1)</script> \"'&"
SUMS = {"found": 30, "moved": 1, "merged": 28, "quarantined": 1}
ROW = {
    "where": "mail 3",
    "subject": EVIL,
    "from": f"{EVIL} <a@x>",
    "date": None,
    "message_id": f"{EVIL}@x",
    "reason": f"same as {EVIL}",
    "file": f"/account/{EVIL}.mbox",
}
LIST = {"list": "talk@x", "former": f"{EVIL}@old", "messages": SUMS, "pages": None}


class Page(html.parser.HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    folder = tmp_path_factory.mktemp("page")
    groups = [
        {"things": "mails", "what": "quarantined", "count": 1, "rows": [ROW], "file": "/account/talk.messages.jsonl"},
        {"things": "mails", "what": "merged", "count": 28, "rows": [ROW] * 2, "file": "/account/talk.messages.jsonl"},
    ]
    standing = {"lists": [LIST], "totals": {"messages": SUMS}, "accounts": None, "remarkable": {"talk@x": groups}}
    template = {"src": str(ROOT / "roles/migrate/templates/account.html.j2"), "dest": str(folder / "page.html")}
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {
            "ansible_python_interpreter": sys.executable,
            "_migrate_standing": standing,
            "_migrate_state": "moved",
            "migrate_source": EVIL,
        },
        "tasks": [{"ansible.builtin.template": template}],
    }
    (folder / "play.json").write_text(json.dumps([play]), encoding="utf-8")
    done = subprocess.run(
        [Path(sys.executable).parent / "ansible-playbook", "--inventory=localhost,", folder / "play.json"],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Page((folder / "page.html").read_text(encoding="utf-8"))


def test_what_mails_say_is_text(page: Page) -> None:
    assert "script" not in page.tags and not page.open
    # source, former name; where it was kept, and four more, in three rows
    assert page.text.count(EVIL) == 2 + 5 * 3


def test_what_is_not_shown_is_counted(page: Page) -> None:
    assert "1 mails quarantined" in page.text and "28 mails merged" in page.text
    assert "and 26 more: see /account/talk.messages.jsonl" in page.text and page.text.count(" more: see ") == 1
