# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a CSV file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: csv_rows
short_description: The rows of a CSV file as dictionaries
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Reads a CSV file with a line of headings, as a spreadsheet saves it, and gives what O(listops.mailman.mailman_list#module:lists)
    and P(listops.mailman.roster#filter) take.
  - An empty cell is left out, and so what it stands for is left as it is. A row that has more or fewer cells than the headings is an error.
options:
  _input:
    description: The text of the file.
    type: str
    required: true
  several:
    description: Columns with several values in a cell, such as C(owners). White space, commas and semicolons are between them.
    type: list
    elements: str
    default: []
  delimiter:
    description: What is between cells.
    type: str
    default: ","
"""

EXAMPLES = r"""
- name: Lists as a spreadsheet has them
  listops.mailman.mailman_list:
    lists: "{{ lookup('ansible.builtin.file', 'lists.csv') | listops.mailman.csv_rows(several=['owners']) }}"

- name: Members as a spreadsheet has them
  listops.mailman.mailman_list:
    name: staff
    members:
      state: exact
      addresses: "{{ lookup('ansible.builtin.file', 'staff.csv') | listops.mailman.csv_rows | listops.mailman.roster(address='mail') }}"
"""

RETURN = r"""
_value:
  description: A dictionary for each row.
  type: list
  elements: dict
"""

import csv
import io
import re
from collections.abc import Callable, Sequence

from ansible.errors import AnsibleFilterError


def csv_rows(text: str, several: Sequence[str] = (), delimiter: str = ",") -> list[dict[str, str | list[str]]]:
    """The rows; see DOCUMENTATION."""
    # spreadsheets begin with a mark of the byte order
    reader = csv.reader(io.StringIO(str(text).lstrip("\ufeff"), newline=""), delimiter=str(delimiter), strict=True)
    try:
        lines = [[cell.strip() for cell in line] for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as exc:
        raise AnsibleFilterError(f"line {reader.line_num} is no CSV ({exc}): give rows of cells.") from exc
    if not lines:
        raise AnsibleFilterError("the CSV is empty: give a line of headings.")
    headings = [str(cell) for cell in lines[0]]
    unknown = [name for name in several if name not in headings]
    if unknown:
        raise AnsibleFilterError(f"several has {unknown[0]}: give columns, of {', '.join(headings)}.")
    rows: list[dict[str, str | list[str]]] = []
    for cells in lines[1:]:
        if len(cells) != len(headings):
            raise AnsibleFilterError(
                f"the row of {cells[0]!r} has {len(cells)} cells: give {len(headings)}, as the headings."
            )
        named = {str(name): str(cell) for name, cell in zip(headings, cells) if cell}  # noqa: B905
        rows.append(
            {name: re.split(r"[\s,;]+", cell.strip(",; ")) if name in several else cell for name, cell in named.items()}
        )
    return rows


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"csv_rows": csv_rows}
