# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two interfaces between a task and the services of a host: a Mailman with its lists, and an archive of their posts.

Mailman 3 (_mailman3/client.py) and Mailman 2.1 (_mailman21/client.py) are list backends; HyperKitty
(_hyperkitty/client.py) and Pipermail (_mailman21/archives.py) are archive backends. Other code does not ask which one it has.
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
    """A Mailman for one task. A context manager. Errors of the host are raised as HostError.

    service: its systemd unit.
    waited: how many seconds apply() waited for a busy database.
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
        """Facts about this Mailman. Until this is asked for, the program only starts and changes nothing."""

    @property
    def unreadable(self) -> Mapping[str, str]:
        """Sentences about lists that cannot be read, by posting address, or by local name when the domain is unknown."""
        return {}

    @abstractmethod
    def check(self, specs: Iterable[ListSpec]) -> None:
        """Refuse what this Mailman cannot express. Raises Invalid."""

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
        """State of lists by posting address. None reads all of them.

        secrets: address -> setting -> value to compare with; a stored password itself is never returned.
        """

    @abstractmethod
    def facts(self, lists: Collection[str] | None) -> Mapping[str, Mapping[str, Any]]:
        """Facts that nobody declares, by posting address: "created_at", "last_post_at" (ISO 8601, UTC) and "counts" by role."""

    def adapt(
        self, specs: list[ListSpec], actual: Mapping[str, ListState]
    ) -> tuple[list[ListSpec], Mapping[str, ListState]]:
        """Declared and actual lists in the form in which this Mailman compares them."""
        return specs, actual

    @abstractmethod
    def apply(self, steps: Sequence[Step]) -> Mapping[str, str]:
        """Carry out the steps of a plan. Returns the lists that failed, with a sentence each; the others are done."""

    def ban_everywhere(self, bans: Sequence[str]) -> None:
        """Make these the bans that hold for every list. Not where info.site_bans_variable declares them."""
        raise NotImplementedError

    def tidy(self) -> None:
        """Remove files and locks that killed runs left."""
        return

    @abstractmethod
    def archive_policies(self) -> Mapping[str, str]:
        """Who may read the archives of all lists at present: posting address -> archive_policy."""

    def aliases(self, addresses: Collection[str]) -> Collection[str]:
        """All addresses of the people who have these addresses, in lower case, as far as Mailman knows."""
        return addresses

    def people(self, addresses: Collection[str]) -> Mapping[str, str]:
        """Lower-case address -> a word that is the same for all addresses of one person, as far as Mailman knows."""
        return {address: address for address in addresses}

    @abstractmethod
    def unfinished_renames(self, former: Sequence[str]) -> list[str]:
        """Which of these former names are still in use."""

    @abstractmethod
    def rename(self, renames: Sequence[Pair], follow: Sequence[str]) -> None:
        """Rename lists, or finish interrupted renames. Mailman must not run.

        renames: old and new posting addresses. follow: old addresses whose archives are renamed, too.
        """

    @abstractmethod
    def note_stop(self) -> None:
        """Note on disk that Mailman must be started again, in case this run is killed."""

    @abstractmethod
    def forget_stop(self) -> None:
        """Remove that note."""

    @abstractmethod
    def notify(self, notices: Sequence[Mapping[str, Any]]) -> None:
        """Send welcome and goodbye messages: see plan.notices."""

    def copies(self, lists: Sequence[str]) -> list[str]:
        """The lists of which Mailman itself keeps a copy of every post, besides the archive."""
        return []

    def drop_copies(self, lists: Sequence[str]) -> None:
        """Remove those copies."""
        return

    def own_archive(self) -> ArchiveBackend | None:
        """The archive that is part of this Mailman, or None where it is a separate service."""
        return None


class ArchiveBackend(ABC):
    """The archives of a host for one task. A context manager.

    follows_late: whether it learns policies from Mailman while posts arrive, and so can be wrong for a moment.
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
        """Whether this process may access it."""
        return True

    def guard(self) -> ArchiveGuard | None:
        """The guard in front of it, installed or not; None where none is needed."""
        return None

    @abstractmethod
    def look(self, lists: Sequence[str]) -> dict[str, ArchiveState]:
        """The existing archives of these lists."""

    @abstractmethod
    def policies(self) -> dict[str, str]:
        """Its own policies: posting address -> archive_policy."""

    @abstractmethod
    def set_policies(self, policies: Mapping[str, str]) -> None:
        """Set the policies of lists, also of lists that it does not know yet."""

    @abstractmethod
    def correct_policies(self, policies: Mapping[str, str]) -> Mapping[str, str]:
        """Correct the policies of existing archives. Returns the lists that failed, with a sentence each."""

    @abstractmethod
    def drop(self, lists: Sequence[str]) -> None:
        """Delete archives."""

    @abstractmethod
    def move(self, renames: Sequence[Pair]) -> None:
        """Move archives from old posting addresses to new ones."""

    @abstractmethod
    def lines(self, name: str) -> Iterator[bytes]:
        """The messages of a list's archive as the lines of an mbox."""
