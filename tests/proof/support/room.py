# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file system under Mailman's state, to be filled."""

from __future__ import annotations

from .inside import eventually
from .mail_server import MailServer

STATE = "/var/lib/mailman3"
SMALL = "/mnt/listops-small"
FILLER = f"{STATE}/filler"
SERVICES = ("mailman3-web", "mailman3")
SIZE = 280 << 20
MOUNT = f"""
set -e
install -d {SMALL}
mount -t tmpfs -o mode=755,size={SIZE} tmpfs {SMALL}
chown list:list {SMALL}
cp -a {STATE}/. {SMALL}/
mount --bind {SMALL} {STATE}
"""


class SmallDisk:
    def __init__(self, fermium: MailServer) -> None:
        self.fermium = fermium

    def mount(self) -> None:
        self.fermium.check("systemctl", "stop", *reversed(SERVICES), seconds=300)
        self.fermium.check("sh", "-c", MOUNT)
        self._start()

    def unmount(self) -> None:
        """Mailman is again what it was before."""
        self.fermium.check("systemctl", "stop", *reversed(SERVICES), seconds=300)
        # lazily: a job of cron's may be at work there
        self.fermium.check("sh", "-c", f"umount --lazy {STATE}; umount --lazy {SMALL}; rmdir {SMALL}")
        self._start()

    def _start(self) -> None:
        # Exim's unit has mounts of its own, which in a container do not follow
        self.fermium.check("systemctl", "restart", "exim4", seconds=300)
        self.fermium.check("systemctl", "start", *SERVICES, seconds=300)
        eventually(self.fermium.mailman_runs, "Mailman runs", 300)

    def free(self) -> int:
        blocks, size = self.fermium.check("stat", "--file-system", "--format=%a %S", STATE).split()
        return int(blocks) * int(size)

    def leave(self, left: int) -> None:
        """Fill it until so many bytes are left."""
        self.clear()
        if left:
            self.fermium.check("fallocate", "--length", str(self.free() - left), FILLER)
        else:
            # meanwhile databases remove journals
            eventually(self._full, "it is full")

    def _full(self) -> bool:
        self.fermium.run("dd", "if=/dev/zero", f"of={FILLER}", "bs=4k", "oflag=append", "conv=notrunc")
        return self.free() == 0

    def leave_inodes(self, left: int) -> None:
        total, free = self.fermium.check("stat", "--file-system", "--format=%c %d", STATE).split()
        self.fermium.check("mount", "-o", f"remount,nr_inodes={int(total) - int(free) + left}", SMALL)

    def clear(self) -> None:
        self.fermium.check("sh", "-c", f"rm -f {FILLER}* && mount -o remount,nr_inodes=100000 {SMALL}")
