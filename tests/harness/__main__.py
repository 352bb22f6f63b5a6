# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands behind the Makefile. Standard library only: it runs before anything is installed."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        "Python 3.11 or newer is needed, and this is %d.%d: run make with PYTHON=/path/to/python3.11."
        % sys.version_info[:2]
    )

from harness.commands import main

sys.exit(main(sys.argv[1:]))
