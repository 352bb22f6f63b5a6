# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a list keeps its things."""

import errno
import os

from Mailman import mm_cfg


def _folder(path, create):
    if create:
        mask = os.umask(0)
        try:
            os.makedirs(path, 0o2775)
        except OSError as error:
            if error.errno != errno.EEXIST:
                raise
        finally:
            os.umask(mask)
    return path


def get_listpath(listname, domain=None, create=0):
    return _folder(os.path.join(mm_cfg.LIST_DATA_DIR, listname), create)


def get_archpath(listname, domain=None, create=False, public=False):
    root = mm_cfg.PUBLIC_ARCHIVE_FILE_DIR if public else mm_cfg.PRIVATE_ARCHIVE_FILE_DIR
    return _folder(os.path.join(root, listname), create)
