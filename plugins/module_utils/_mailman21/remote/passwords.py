# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The passwords of Mailman 2.1, which keeps their SHA-1. Runs in Mailman's own Python 2.7."""

import os

from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote.read import digest
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401

# The attribute with the reason of the last password that was made for the owners.
REASON = "listops_password_reason"
NOTICE = """\
You are an owner of the mailing list {address}, which has a
new administrator password:

    {password}

Use it from now on to administer the list, at

    {url}

and change it there to one of your own.
"""


def site_file(name):
    # type: (str) -> str
    """The file of the `site` or `creator` password."""
    from Mailman import mm_cfg

    return str({"site": mm_cfg.SITE_PW_FILE, "creator": mm_cfg.LISTCREATOR_PW_FILE}[name])


def stored_site_password(name):
    # type: (str) -> str | None
    path = site_file(name)
    if not os.path.exists(path):
        return None
    with open(path) as handle:
        return handle.read().strip() or None


def set_site_password(name, password):
    # type: (str, str) -> None
    """Replace the file, which may belong to root, and which a web server reads at any time."""
    path = site_file(name)
    temporary = "{0}.{1}.new".format(path, os.getpid())
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(digest(password) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    os.rename(temporary, path)


def check_owners(name, owners):
    # type: (str, Any) -> None
    """Refuse to make a password for a list without owners."""
    if not owners:
        raise Failure("list {0} has no owner who could be told a password".format(name))


def renew(mlist, reason):
    # type: (Any, str) -> None
    """Give a locked list a new password, which is mailed to its owners once.

    The reason is stored last: after an interruption the next run makes another
    password and mails it, so that the last mail always has the valid one.
    """
    from Mailman import Message, Utils, mm_cfg

    check_owners(mlist.internal_name(), mlist.owner)
    password = Utils.MakeRandomPassword(max(12, mm_cfg.ADMIN_PASSWORD_LENGTH))
    mlist.password = digest(password)
    mlist.Save()
    address = mlist.GetListEmail()
    notice = NOTICE.format(address=address, password=password, url=mlist.GetScriptURL("admin", absolute=1))
    subject = "New administrator password of {0}".format(address)
    Message.UserNotification(mlist.owner[:], Utils.get_site_email(), subject, notice, "en").send(mlist)
    setattr(mlist, REASON, reason)
    mlist.Save()
