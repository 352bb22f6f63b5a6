# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page that tells the operator what is wrong, and the one that tells the world which lists there are."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import site
from support.controller import PICTURES, Controller, changed
from support.mail_server import MailServer
from support.outside import Outside
from support.proved import Proved

pytestmark = pytest.mark.slow

CONFIG = f"lists/{site.PUBLIC}/config"
PAGE = "/tmp/audit.html"
OVERVIEW = f"https://{site.DOMAIN}/overview/"
HOSTILE = "<script>document.title = 'taken over'</script>"
FIND = "const box = document.getElementById('filter'); box.value = '%s'; box.dispatchEvent(new Event('input'));"
SORT = "document.querySelectorAll('th button')[%d].click();"


@pytest.fixture
def drift(fermium: MailServer, word: str) -> Iterator[str]:
    """Somebody was at the server: a setting changed, a list made that has no owner."""
    stray = f"{word}@{site.DOMAIN}"
    before = fermium.rest("GET", CONFIG)["description"]
    fermium.rest("PATCH", CONFIG, description=HOSTILE)
    fermium.rest("POST", "lists", fqdn_listname=stray)
    yield stray
    fermium.rest("DELETE", f"lists/{stray}")
    fermium.rest("PATCH", CONFIG, description=before)


def test_the_audit_shows_what_is_wrong(
    outside: Outside, controller: Controller, drift: str, tmp_path: Path, proved: Proved
) -> None:
    page = tmp_path / "audit.html"
    said = controller.playbook("playbooks/audit.yml", f"--extra-vars=audit_page={page}")
    assert changed(said) == 2, "the two files, and nothing else"
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    table = json.loads((tmp_path / "audit.json").read_text(encoding="utf-8"))
    assert table["summary"]["differ"] == 1 and table["summary"]["errors"] == 0
    rows = {row["name"]: row for row in table["lists"]}
    assert rows[site.PUBLIC]["status"] == "differs" and list(rows[site.PUBLIC]["changes"]) == ["description"]
    assert rows[site.PRIVATE]["status"] == "declared" and rows[site.PRIVATE]["archive_policy"] == "private"
    assert rows[drift]["status"] == "undeclared" and rows[drift]["owner_reachable"] is False

    outside.ask("write", path=PAGE, text=page.read_text(encoding="utf-8"))
    seen = outside.browse(f"file://{PAGE}", PICTURES / "audit.png")
    assert seen["title"] == "Mailing lists: audit", "a description ran as a script"
    assert "1\ndiffer from the inventory" in seen["text"] and "differs: description" in seen["text"]
    assert drift in seen["text"] and "not declared" in seen["text"] and HOSTILE in seen["text"]
    found = outside.browse(f"file://{PAGE}", PICTURES / "audit-filter.png", script=FIND % "private arbcom")
    assert site.PRIVATE in found["text"] and site.PUBLIC not in found["text"]
    none = outside.browse(f"file://{PAGE}", PICTURES / "audit-none.png", script=FIND % "no such list")
    assert site.DOMAIN not in none["text"]
    down = outside.browse(f"file://{PAGE}", PICTURES / "audit-sorted.png", script=SORT % 0 + SORT % 0)["text"]
    assert down.index(site.PUBLIC) < down.index(site.INTERNAL) < down.index(site.PRIVATE)
    worst = outside.browse(f"file://{PAGE}", PICTURES / "audit-worst.png", script=SORT % 1)["text"]
    worst = worst[worst.index("List\tInventory") :]
    assert worst.index("differs") < worst.index("not declared") < worst.index("as declared")
    proved("the audit page: drift, stray and ownerless lists; filter and columns", "5 pictures")


def test_the_overview_names_advertised_lists_only(
    fermium: MailServer, outside: Outside, controller: Controller, proved: Proved
) -> None:
    controller.playbook("playbooks/lists.yml")
    seen = outside.browse(OVERVIEW, PICTURES / "overview.png")
    assert seen["status"] == 200 and "wikitech-l" in seen["text"] and "Technical discussion" in seen["text"]
    text = outside.get(OVERVIEW).text
    assert "arbcom-l" not in text and "internal-l" not in text and site.OWNER not in text
    for link in (f"{site.LISTS}wikitech-l.{site.DOMAIN}/", f"{site.ARCHIVES}/list/{site.PUBLIC}/"):
        assert link.removeprefix(f"https://{site.DOMAIN}") in text
        assert outside.get(link).status == 200
    fermium.rest("PATCH", CONFIG, advertised=False)
    try:
        controller.playbook("playbooks/lists.yml", "--extra-vars", json.dumps({"mailman_lists": []}))
        assert "wikitech-l" not in outside.get(OVERVIEW).text
    finally:
        fermium.rest("PATCH", CONFIG, advertised=True)
        controller.playbook("playbooks/lists.yml")
    assert "wikitech-l" in outside.get(OVERVIEW).text
    proved("the overview page names the advertised lists only", "1 picture, 200")
