# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of how it works: docs/images/architecture.svg, and the same for a README as Mermaid.

Both are made from BOXES, LINES and the order of the columns, so they say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path

PAGE = Path("docs/images/architecture.svg")
README = Path("README.md")
BEGIN, END = "<!-- picture: made by tests/docs/picture.py -->\n", "<!-- end of picture -->\n"
WIDTH, HEIGHT, GAP, COLUMN, MARGIN, TOP, PADDING = 200, 58, 22, 330, 24, 56, 14
TEXT, LINE, SOFT = "#1b2733", "#5b6b7b", "#eef3f8"
FONT = "font-family='system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif'"


@dataclass(frozen=True)
class Box:
    name: str
    title: str
    about: str
    column: int
    # its place in the column, in heights of a box
    row: float


COLUMNS = ("What you write", "Ansible", "The host")
BOXES = (
    Box("inventory", "Inventory", "lists, members, server", 0, 0),
    Box("check", "Check", "every variable, at once", 1, 0),
    Box("plan", "Plan", "what must change", 1, 1.5),
    Box("diff", "Diff", "--check ends here", 1, 3),
    Box("exim", "Exim, SpamAssassin", "mail", 2, 0),
    Box("mailman", "Mailman", "lists, members, settings", 2, 1),
    Box("archive", "HyperKitty, Pipermail", "archives", 2, 2),
    Box("apache", "Apache", "pages, who may read them", 2, 3),
)
# From and to boxes, or the whole column of the host.
HOST = "c2"
LINES = (
    ("inventory", "check", "declared"),
    ("check", "plan", ""),
    (HOST, "plan", "as it is"),
    ("plan", "diff", ""),
    ("diff", HOST, "applied once"),
)


def mermaid() -> str:
    """The text that hosts of repositories draw."""
    lines = ["flowchart LR"]
    for number, title in enumerate(COLUMNS):
        lines.append(f'  subgraph c{number}["{title}"]')
        lines += [f'    {box.name}["{box.title}<br>{box.about}"]' for box in BOXES if box.column == number]
        lines.append("  end")
    lines += [f"  {start} -->{f'|{label}|' if label else ''} {end}" for start, end, label in LINES]
    return "\n".join(lines) + "\n"


def place(box: Box) -> tuple[float, float]:
    return MARGIN + box.column * COLUMN, TOP + box.row * (HEIGHT + GAP)


def text(x: float, y: float, words: str, size: int, colour: str, weight: int = 400, anchor: str = "middle") -> str:
    style = f"font-size='{size}' fill='{colour}' font-weight='{weight}' text-anchor='{anchor}' {FONT}"
    return f"<text x='{x:g}' y='{y:g}' {style}>{escape(words)}</text>"


def arrow(start: Box | None, end: Box | None, label: str) -> str:
    """From box to box, down or to the right; or from or to the host's column, which is no box."""
    box = start or end
    assert box
    x, y = place(box)
    x1, x2, y1 = x + WIDTH, MARGIN + (box.column + 1) * COLUMN - PADDING, y + HEIGHT / 2
    if start and end and start.column == end.column:
        return path(f"M {x + WIDTH / 2:g} {y + HEIGHT:g} V {place(end)[1] - 8:g}")
    if start and end:
        x2 += PADDING
    drawn = path(f"M {x2:g} {y1:g} H {x1 + 8:g}" if not start else f"M {x1:g} {y1:g} H {x2 - 8:g}")
    return drawn + text((x1 + x2) / 2, y1 - 8, label, 12, LINE)


def path(way: str) -> str:
    return f"<path d='{way}' fill='none' stroke='{LINE}' stroke-width='1.6' marker-end='url(#tip)'/>"


def svg() -> str:
    """The picture; it needs no other file and no font of its own."""
    width = 2 * MARGIN + (len(COLUMNS) - 1) * COLUMN + WIDTH
    height = TOP + int((max(box.row for box in BOXES) + 1) * (HEIGHT + GAP)) + MARGIN - GAP + 12
    known = {box.name: box for box in BOXES}
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' width='{width}' height='{height}' role='img'>",
        "<title>How listops.mailman works</title>",
        f"<defs><marker id='tip' viewBox='0 0 8 8' refX='2' refY='4' markerWidth='7' markerHeight='7' orient='auto'>"
        f"<path d='M0 0 L8 4 L0 8 z' fill='{LINE}'/></marker></defs>",
        f"<rect width='{width}' height='{height}' rx='10' fill='#ffffff'/>",
    ]
    for number, title in enumerate(COLUMNS):
        x = MARGIN + number * COLUMN
        parts.append(
            f"<rect x='{x - PADDING}' y='14' width='{WIDTH + 2 * PADDING}' height='{height - 28}' rx='10' fill='{SOFT}'/>"
        )
        parts.append(text(x + WIDTH / 2, 38, title, 14, LINE, 600))
    parts += [arrow(known.get(start), known.get(end), label) for start, end, label in LINES]
    for box in BOXES:
        x, y = place(box)
        parts.append(
            f"<rect x='{x:g}' y='{y:g}' width='{WIDTH}' height='{HEIGHT}' rx='7' fill='#ffffff' stroke='{LINE}' stroke-width='1.4'/>"
        )
        parts.append(text(x + WIDTH / 2, y + 25, box.title, 15, TEXT, 600))
        parts.append(text(x + WIDTH / 2, y + 44, box.about, 12, LINE))
    return "\n".join(parts) + "\n</svg>\n"


def readme(content: str) -> str:
    """The README with the picture as it is now."""
    before, begin, rest = content.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"{README} has no place for the picture: give {BEGIN.strip()} and {END.strip()}.")
    return f"{before}{BEGIN}```mermaid\n{mermaid()}```\n{END}{after}"


def files(root: Path) -> dict[Path, str]:
    return {PAGE: svg(), README: readme((root / README).read_text(encoding="utf-8"))}
