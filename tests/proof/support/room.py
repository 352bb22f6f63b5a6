# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small file system under Mailman's state, to be filled."""

from __future__ import annotations

from .inside import eventually
from .mail_server import MailServer

STATE, STATE21 = "/var/lib/mailman3", "/var/lib/mailman"
SMALL = "/mnt/listops-small"
SIZE = 280 << 20
MOUNT = f"""
set -e
install -d {SMALL}
mount -t tmpfs -o size={SIZE} tmpfs {SMALL}
cp -a "$0"/. {SMALL}/
chown --reference="$0" {SMALL}
chmod --reference="$0" {SMALL}
mount --bind {SMALL} "$0"
"""


class SmallDisk:
    def __init__(self, fermium: MailServer) -> None:
        self.fermium = fermium
        self.state = STATE21 if fermium.mailman21 else STATE
        self.services = ("mailman",) if fermium.mailman21 else ("mailman3-web", "mailman3")
        self.filler = f"{self.state}/filler"

    def mount(self) -> None:
        self.fermium.check("systemctl", "stop", *reversed(self.services), seconds=300)
        self.fermium.check("sh", "-c", MOUNT, self.state)
        self._start()

    def unmount(self) -> None:
        """Mailman is again what it was before."""
        self.fermium.check("systemctl", "stop", *reversed(self.services), seconds=300)
        # lazily: a job of cron's may be at work there
        self.fermium.check("sh", "-c", f"umount --lazy {self.state}; umount --lazy {SMALL}; rmdir {SMALL}")
        self._start()

    def _start(self) -> None:
        # Exim's unit has mounts of its own, which in a container do not follow
        self.fermium.check("systemctl", "restart", "exim4", seconds=300)
        self.fermium.check("systemctl", "start", *self.services, seconds=300)
        eventually(self.fermium.mailman_runs, "Mailman runs", 300)

    def free(self) -> int:
        blocks, size = self.fermium.check("stat", "--file-system", "--format=%a %S", self.state).split()
        return int(blocks) * int(size)

    def leave(self, left: int) -> None:
        """Fill it until so many bytes are left."""
        self.clear()
        if left:
            self.fermium.check("fallocate", "--length", str(self.free() - left), self.filler)
        else:
            # meanwhile databases remove journals
            eventually(self._full, "it is full")

    def _full(self) -> bool:
        self.fermium.run("dd", "if=/dev/zero", f"of={self.filler}", "bs=4k", "oflag=append", "conv=notrunc")
        return self.free() == 0

    def leave_inodes(self, left: int) -> None:
        total, free = self.fermium.check("stat", "--file-system", "--format=%c %d", self.state).split()
        self.fermium.check("mount", "-o", f"remount,nr_inodes={int(total) - int(free) + left}", SMALL)

    def clear(self) -> None:
        self.fermium.check("sh", "-c", f"rm -f {self.filler}* && mount -o remount,nr_inodes=100000 {SMALL}")
