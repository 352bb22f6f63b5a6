# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to be new in a version is in one that was released, or in the next one, and has been released with what it belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
Version = tuple[int, ...]


def version(text: str) -> Version:
    return tuple(int(part) for part in text.split("."))


RELEASES = yaml.safe_load((ROOT / "changelogs/changelog.yaml").read_text(encoding="utf-8"))["releases"]
KNOWN = {version(name): release for name, release in RELEASES.items()}
NEWEST = max(KNOWN)
NEXT = (NEWEST[0], NEWEST[1] + 1, 0)


def released(kind: str) -> dict[str, Version]:
    """Modules or filters by name, and the version that the changelog has them new in."""
    found: dict[str, Version] = {}
    for number, release in KNOWN.items():
        told = release.get("modules", []) if kind == "modules" else release.get("plugins", {}).get("filter", [])
        found.update({item["name"]: number for item in told})
    return found


def documentation(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    found = re.search(r'^ *DOCUMENTATION = r"""(.*?)"""', text, re.DOTALL | re.MULTILINE)
    assert found, f"{path.name} has no documentation"
    return dict(yaml.safe_load(found.group(1)))


def versions(options: Mapping[str, Any]) -> Iterator[Version]:
    for option in options.values():
        if "version_added" in option:
            yield version(str(option["version_added"]))
        yield from versions(option.get("suboptions") or option.get("options") or {})


@pytest.mark.parametrize("kind", ["modules", "filter"])
def test_plugins(kind: str) -> None:
    known = released(kind)
    for path in sorted((ROOT / "plugins" / kind).glob("*.py")):
        told = documentation(path)
        assert version(str(told["version_added"])) == known.get(path.stem, NEXT), path.name
        assert set(versions(told.get("options", {}))) <= {*KNOWN, NEXT}, path.name


def test_what_plugins_share_and_roles() -> None:
    for path in sorted((ROOT / "plugins/doc_fragments").glob("*.py")):
        assert set(versions(documentation(path).get("options", {}))) <= {*KNOWN, NEXT}, path.name
    for path in sorted(ROOT.glob("roles/*/meta/argument_specs.yml")):
        main = yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
        assert set(versions({"main": {**main, "suboptions": main.get("options", {})}})) <= {*KNOWN, NEXT}, path
