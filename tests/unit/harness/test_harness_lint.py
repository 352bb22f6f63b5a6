# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Galaxy's importer says is not read as praise."""

from __future__ import annotations

import pytest

from harness.lint import complaints

ACCEPTED = """Importing with galaxy-importer 0.4.44
Getting doc strings via ansible-doc
Loading role apache
Collection loading complete
Importer processing completed successfully"""


@pytest.mark.parametrize(
    "line",
    [
        "WARNING: Ignore files skip ansible-test sanity tests, found ignore-2.19.txt with 4 statement(s)",
        "ERROR: The import failed for the following reason: No role readme found.",
    ],
)
def test_a_complaint_is_one(line):
    assert complaints(ACCEPTED.replace("Collection loading complete", line)) == [line]


def test_none_is_none():
    assert complaints(ACCEPTED) == []
