# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pipermail's archives: a folder of pages, a file with all messages, and links to both when they are public.

Runs in Mailman 2.1's own Python 2.7.
"""

import os
import shutil

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401

# A file in the archive of a removed list that marks it as public.
WAS_PUBLIC = "listops-was-public"
# Suffixes of a list's two folders, and their names here.
FOLDERS = {"": "pages", ".mbox": "mbox"}


def private(name):
    # type: (str) -> str
    from Mailman import mm_cfg

    return str(os.path.join(mm_cfg.PRIVATE_ARCHIVE_FILE_DIR, name))


def public(name):
    # type: (str) -> str
    from Mailman import mm_cfg

    return str(os.path.join(mm_cfg.PUBLIC_ARCHIVE_FILE_DIR, name))


def mbox(name):
    # type: (str) -> str
    return os.path.join(private(name + ".mbox"), name + ".mbox")


def leads_on(path):
    # type: (str) -> bool
    """Whether a folder is only a link from an old name, see move(). An archive can also be a link to another disk."""
    return os.path.islink(path) and os.sep not in os.readlink(path)


def parts(name):
    # type: (str) -> list[str]
    """The parts of an archive: `pages`, `mbox`."""
    folder, found = private(name), []
    if os.path.isdir(folder) and not leads_on(folder):
        files = [file for file in os.listdir(folder) if not os.path.islink(os.path.join(folder, file))]
        # A new list has only a page that says that the archive is empty.
        if not set(files) <= set(["index.html", WAS_PUBLIC]):
            found.append("pages")
    if os.path.exists(mbox(name)) and not leads_on(private(name + ".mbox")):
        found.append("mbox")
    return found


def was_public(name):
    # type: (str) -> bool
    """Whether the archive of a removed list was public."""
    return os.path.exists(public(name)) or os.path.exists(os.path.join(private(name), WAS_PUBLIC))


def shown(name):
    # type: (str) -> str | None
    """Who can read the archive of a list by its links: `public` or `private`; None where no list has links."""
    from Mailman import mm_cfg

    if any(os.path.lexists(public(name + suffix)) for suffix in FOLDERS):
        return "public"
    return "private" if mm_cfg.ARCHIVE_TO_MBOX != -1 else None


def close(name):
    # type: (str) -> None
    """Remove the links that make an archive public."""
    for suffix in FOLDERS:
        path = public(name + suffix)
        if os.path.islink(path):
            os.unlink(path)
        elif os.path.exists(path):
            raise Failure(
                "list {0}: {1} is not a link of Mailman: move it away, since it makes the archive public".format(
                    name, path
                )
            )


def messages_in(path):
    # type: (str) -> int
    """The number of messages, at least 1, since an archive can lack its mbox."""
    if not os.path.exists(path):
        return 1
    with open(path, "rb") as handle:
        return max(1, sum(1 for line in handle if line.startswith(b"From ")))


def drop(name):
    # type: (str) -> None
    for suffix in FOLDERS:
        if os.path.isdir(private(name + suffix)):
            shutil.rmtree(private(name + suffix))


# ---- another name


def move(old, new):
    # type: (str, str) -> None
    """Rename an archive, with a link from the old name while a list still has that name.

    Parts that are done already are left alone.
    """
    clash = set(parts(old)) & set(parts(new))
    if clash:
        raise Failure(
            "list {0}: its archive and that of {1} both have {2}, and Mailman 2.1 cannot merge them".format(
                new, old, " and ".join(sorted(clash))
            )
        )
    for suffix, part in FOLDERS.items():
        source, target = private(old + suffix), private(new + suffix)
        if os.path.isdir(source) and not leads_on(source):
            if os.path.isdir(target):
                # One of the two is empty.
                shutil.rmtree(source if part in parts(new) else target)
            if os.path.isdir(source):
                os.rename(source, target)
        if os.path.isdir(target) and not os.path.lexists(source):
            os.symlink(new + suffix, source)
    source = os.path.join(private(new + ".mbox"), old + ".mbox")
    if os.path.exists(source) and not os.path.islink(source):
        os.rename(source, mbox(new))
    if os.path.exists(mbox(new)) and not os.path.lexists(source):
        os.symlink(new + ".mbox", source)


def forget(old, new):
    # type: (str, str) -> None
    """Remove the links that move() made for the old name."""
    for suffix in FOLDERS:
        if os.path.islink(public(old + suffix)):
            os.unlink(public(old + suffix))
    for link in [private(old + suffix) for suffix in FOLDERS] + [os.path.join(private(new + ".mbox"), old + ".mbox")]:
        if leads_on(link):
            os.unlink(link)


def begin(mlist):
    # type: (Any) -> None
    """Create the empty archive that Mailman gives to a new list."""
    from Mailman import Utils

    name = mlist.internal_name()
    for suffix in FOLDERS:
        if not os.path.isdir(private(name + suffix)):
            os.mkdir(private(name + suffix))
            os.chmod(private(name + suffix), 0o2775)
    index = os.path.join(private(name), "index.html")
    if not os.path.exists(index):
        # The list's new name, which is set later.
        names = {"listname": name.capitalize(), "listinfo": mlist.GetScriptURL("listinfo", absolute=1)}
        page = Utils.maketext("emptyarchive.html", names, mlist=mlist)
        with open(index, "w") as handle:
            handle.write(page)


def stay(old, new):
    # type: (str, str) -> None
    """Let Mailman show an archive that keeps its old name to the subscribers of the renamed list.

    Mailman asks for the password of the list with the same folder name.
    """
    former = [name for name in os.listdir(private(old)) if os.path.islink(os.path.join(private(old), name))]
    for name in [old] + former:
        link = os.path.join(private(new), name)
        if not os.path.lexists(link):
            os.symlink(os.path.join("..", name), link)
