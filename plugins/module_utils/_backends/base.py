# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two interfaces between a task and the services of a host: a Mailman with its lists, and an archive of their posts.

Mailman 3 (_mailman3/client.py) and Mailman 2.1 (_mailman21/client.py) are list backends; HyperKitty
(_hyperkitty/client.py) and Pipermail (_mailman21/archives.py) are archive backends. Nobody outside asks which one it has.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Collection, Iterable, Iterator, Mapping, Sequence, TypeVar

from ansible_collections.listops.mailman.plugins.module_utils._archives.guard import ArchiveGuard
from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ArchiveState, ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo

# A list as it is: "saved", "settings", "rosters" (role -> address -> person), "bans", "header_matches", "archivers",
# "templates"; see plan.plan_list.
ListState = Mapping[str, Any]
# What is to be done to a list: "list" and any of "create", "delete", "set", "rosters", ...; see plan.ListPlan.
Step = Mapping[str, Any]
Pair = Sequence[str]
L = TypeVar("L", bound="ListBackend")
A = TypeVar("A", bound="ArchiveBackend")


class ListBackend(ABC):
    """A Mailman for one task. A context manager; what it raises on the host is a HostError.

    service: its systemd unit.
    waited: for how many seconds apply() found its database busy.
    """

    service: str
    waited: float = 0.0

    @abstractmethod
    def __enter__(self: L) -> L: ...

    @abstractmethod
    def __exit__(self, *exc: Any) -> None: ...

    @property
    @abstractmethod
    def info(self) -> ServerInfo:
        """What it says of itself; until somebody asks, it only gets ready, and touches nothing."""

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Why lists cannot be read, by posting address, or by local name when that is all there is to know."""
        return {}

    @abstractmethod
    def check(self, specs: Iterable[ListSpec]) -> None:
        """Refuse what this Mailman cannot express: Invalid."""

    @abstractmethod
    def read(
        self,
        lists: Collection[str] | None = None,
        *,
        settings: Collection[str] | None = None,
        rosters: Collection[str] | None = None,
        templates: Collection[str] | None = None,
        secrets: Mapping[str, Mapping[str, str]] | None = None,
    ) -> Mapping[str, ListState]:
        """State of lists by posting address; what is None is read whole.

        secrets: address -> setting -> value that the kept one is compared with, since nothing gives passwords away.
        """

    @abstractmethod
    def facts(self, lists: Collection[str] | None) -> Mapping[str, Mapping[str, Any]]:
        """What nobody declares, by posting address: "created_at", "last_post_at" (ISO 8601, UTC) and "counts" by role."""

    def adapt(
        self, specs: list[ListSpec], actual: Mapping[str, ListState]
    ) -> tuple[list[ListSpec], Mapping[str, ListState]]:
        """Declared and actual lists as this Mailman compares them."""
        return specs, actual

    @abstractmethod
    def apply(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """Carry out the steps of a plan; the lists that failed, with a sentence each. The others are done."""

    def tidy(self) -> None:
        """Remove what killed runs left."""
        return

    @abstractmethod
    def archive_policies(self) -> Mapping[str, str]:
        """Who may read the archives of all lists now: posting address -> archive_policy."""

    def aliases(self, addresses: Collection[str]) -> Collection[str]:
        """All addresses of the people who have these, as far as it knows people; in lower case."""
        return addresses

    @abstractmethod
    def unfinished_renames(self, former: Sequence[str]) -> list[str]:
        """Which of these former names something has still."""

    @abstractmethod
    def rename(self, renames: Sequence[Pair], follow: Sequence[str]) -> None:
        """Give lists other names, or finish what was interrupted. Mailman must not run.

        renames: old and new posting address. follow: the old ones whose archives get the new name, too.
        """

    @abstractmethod
    def note_stop(self) -> None:
        """Note on disk that Mailman is stopped and shall run again, for the run after a crash."""

    @abstractmethod
    def forget_stop(self) -> None:
        """Forget that note."""

    @abstractmethod
    def notify(self, notices: Sequence[Mapping[str, Any]]) -> None:
        """Greet people, or say goodbye: see plan.notices."""

    def copies(self, lists: Sequence[str]) -> list[str]:
        """The lists of which Mailman itself keeps a copy of every post, beside the archive."""
        return []

    def drop_copies(self, lists: Sequence[str]) -> None:
        """Remove those copies."""
        return

    def own_archive(self) -> ArchiveBackend | None:
        """The archive that is a part of this Mailman, or None where it is a service of its own."""
        return None


class ArchiveBackend(ABC):
    """The archives of a host for one task. A context manager.

    follows_late: whether it asks Mailman about a list while posts arrive, so that it can be wrong for a moment.
    left_out: {"list", "message_id", "reason"} of messages that lines() could not write.
    """

    follows_late: bool = False
    left_out: Sequence[Mapping[str, str]] = ()

    def __enter__(self: A) -> A:
        return self

    def __exit__(self, *exc: Any) -> None:
        return

    @property
    def accessible(self) -> bool:
        """Whether this process may ask it."""
        return True

    def guard(self) -> ArchiveGuard | None:
        """What stands in front of it and knows private lists, whether installed or not; None where nothing needs to."""
        return None

    @abstractmethod
    def look(self, lists: Sequence[str]) -> dict[str, ArchiveState]:
        """The archives that are there, of these lists."""

    @abstractmethod
    def policies(self) -> dict[str, str]:
        """What it takes all its lists for: posting address -> archive_policy."""

    @abstractmethod
    def set_policies(self, policies: Mapping[str, str]) -> None:
        """Let it know the policies of lists, whether it has heard of them or not."""

    @abstractmethod
    def correct_policies(self, policies: Mapping[str, str]) -> Mapping[str, str]:
        """The same for archives that are there and go by another policy; the lists that failed, with a sentence each."""

    @abstractmethod
    def drop(self, lists: Sequence[str]) -> None:
        """Delete archives."""

    @abstractmethod
    def move(self, renames: Sequence[Pair]) -> None:
        """Give the archives of lists, by their old posting addresses, to the new ones."""

    @abstractmethod
    def lines(self, name: str) -> Iterator[bytes]:
        """The messages of a list's archive as the lines of an mbox."""
