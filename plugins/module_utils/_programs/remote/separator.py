# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What begins a message in a file in mbox format; a line of text may begin with `From `, too. Pure."""

from __future__ import annotations

import re

# A sender and a time as asctime() writes it, perhaps with a zone. After it there is a header.
SEPARATOR = re.compile(
    rb"From \s*\S+(?: at \S+)?\s+\w{3}\s+\w{3}\s+\d?\d\s+\d?\d:\d\d(:\d\d)?(\s+\S+)?\s+\d{4}\s*\S*\s*\Z"
)
HEADER = re.compile(rb"[!-9;-~]+:")
