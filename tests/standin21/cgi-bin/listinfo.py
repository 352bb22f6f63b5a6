# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page that says which program Apache ran, and for what."""

import os

print("Content-type: text/plain\n")
print("listinfo of the stand-in, path {0}".format(os.environ.get("PATH_INFO", "")))
