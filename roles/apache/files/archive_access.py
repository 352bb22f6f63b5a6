# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps HyperKitty's private archives private, and opens single ones to Apache's digest users.

Two pages of HyperKitty's HTTP interface (one mail, one thread) never ask who may
see the list; here they do. A third (tags) shows threads of all lists, and is for administrators only. A search in
one list finds what is in lists with a similar name, too, since the index knows words and not names: of what it finds,
only what the request may read is shown and counted. The list of archives led to a private one by a part of its name.

HyperKitty's own row of a list follows Mailman only with the next post, and may say "public" of a list that is private.
So the names of private lists are in a file of root's (PRIVATE), which mailman_list writes before it tells Mailman and takes
names from when Mailman and HyperKitty both say that a list is public. Whatever its row says, a list that is named there
counts as private; and so do all lists while the file is missing or anything but what mailman_list writes.

A list that Mailman does not advertise, as a disabled one, is not among the archives that strangers are shown, by the index, its search, the
HTTP interface or a search in all archives; who knows its address reads a public archive as before. Mailman is asked which these are.

For digest authentication, Apache tells in the request's environment, where no client can write (what
clients send arrives there as HTTP_...):

LISTOPS_DIGEST_ARCHIVES  the archives that need digest authentication
LISTOPS_DIGEST_PASSED    the archive that this request was authenticated for
LISTOPS_DIGEST_SUFFICES  set when its readers need no login besides

Pages of an archive that Mailman 2.1 had keep their addresses. Those of an archive that is not public, as far as Apache
can see, come here as requests for the list's overview, with

LISTOPS_OLD_PAGE         where the page is now
LISTOPS_OLD_FILE         otherwise, its file below OLD_FILES, which may be there or not

Nobody learns which of them there are but those who may read the archive.

For the length of one request, the archive that was passed counts as public when
that suffices; and the archives that were not passed count as private, and not
as subscribed by anybody. Nobody is logged in by this: a reader stays anonymous,
so he can neither post nor vote nor delete, and other private archives stay shut.
HyperKitty decides by the list that it shows, so a way around Apache's patterns
leads to its "403", never to the archive.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import NamedTuple

from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponsePermanentRedirect
from django_mailman3.lib.mailman import get_mailman_client
from hyperkitty.api.email import EmailDetail, EmailListBySender
from hyperkitty.api.mailinglist import MailingListList
from hyperkitty.api.tag import TagList
from hyperkitty.api.thread import ThreadDetail
from hyperkitty.lib import view_helpers
from hyperkitty.models import ArchivePolicy, MailingList
from hyperkitty.views import index, search
from rest_framework.permissions import IsAdminUser

# Of a search, no more is looked at.
HITS = 1000
# See plugins/module_utils/_archives/guard.py.
PRIVATE = "/var/lib/listops/private-archives.json"
# What listops.mailman.migrate_redirects keeps of old archives.
OLD_FILES = b"/var/lib/listops/pipermail/files"
OLD_FILES_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'"
)
# For so long Mailman's answer is good, which is a long one on a site with many lists.
SECONDS = 20.0
logger = logging.getLogger("hyperkitty")


class PrivateNames:
    """The names in a file of root's, read anew when it is another one.

    path, owner: of the file, and the number of the user whom it must belong to.
    """

    def __init__(self, path: str = PRIVATE, owner: int = 0) -> None:
        self._path = path
        self._owner = owner
        self._lock = threading.Lock()
        self._known: tuple[tuple, frozenset | None] | None = None

    def now(self) -> frozenset | None:
        """The names, or None for all that there are."""
        try:
            with self._lock:
                mark = self._mark(os.stat(self._path))
                if self._known is None or self._known[0] != mark:
                    self._known = self._read()
                return self._known[1]
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None

    def _read(self) -> tuple[tuple, frozenset | None]:
        with open(self._path, encoding="utf-8") as handle:
            status = os.fstat(handle.fileno())
            names = json.load(handle)["private"]
        # Whoever else could write it could open every archive.
        sound = status.st_uid == self._owner and not status.st_mode & 0o022
        sound = sound and isinstance(names, list) and all(isinstance(name, str) for name in names)
        return self._mark(status), frozenset(names) if sound else None

    @staticmethod
    def _mark(status: os.stat_result) -> tuple:
        return (status.st_dev, status.st_ino, status.st_ctime_ns, status.st_size)


class Unadvertised:
    """The lists that Mailman does not advertise.

    ask: gives their names. clock: gives seconds.
    """

    def __init__(self, ask: Callable[[], frozenset], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._lock = threading.Lock()
        self._known: frozenset | None = None
        self._until: float | None = None

    def now(self) -> frozenset | None:
        """Their names, as last known while Mailman does not answer; None for all lists when it never has."""
        with self._lock:
            if self._until is None or self._clock() >= self._until:
                try:
                    self._known = self._ask()
                except Exception as exc:
                    # It may be starting, and fails in many ways.
                    logger.warning("Mailman does not say which lists it advertises: %s", exc)
                self._until = self._clock() + (SECONDS if self._known is not None else 1.0)
            return self._known


def ask_mailman() -> frozenset:
    client = get_mailman_client()
    advertised = {mlist.fqdn_listname for mlist in client.get_lists(advertised=True)}
    return frozenset(mlist.fqdn_listname for mlist in client.get_lists()) - advertised


unadvertised = Unadvertised(ask_mailman)


class Access(NamedTuple):
    """What a request may see.

    private: the lists that are private whatever their rows say; None for all.
    closed: those that Apache keeps shut. open: the one that it has opened.
    """

    closed: frozenset = frozenset()
    open: str | None = None
    private: frozenset | None = None

    def hides(self, name: str) -> bool:
        return self.private is None or name in self.private


NOTHING = Access()
_access: ContextVar[Access] = ContextVar("archive_access", default=NOTHING)
_request: ContextVar = ContextVar("archive_access_request")


def access_of(environment: dict, private: frozenset | None = None) -> Access:
    """What Apache decided about a request. private: see Access."""
    guarded = frozenset(environment.get("LISTOPS_DIGEST_ARCHIVES", "").split())
    passed = environment.get("LISTOPS_DIGEST_PASSED")
    authenticated = environment.get("AUTH_TYPE") == "Digest" and environment.get("REMOTE_USER")
    if not authenticated or passed not in guarded:
        return Access(guarded, None, private)
    return Access(guarded - {passed}, passed if environment.get("LISTOPS_DIGEST_SUFFICES") else None, private)


def _patch_privacy() -> None:
    original = MailingList.is_private.fget

    def is_private(mlist):
        access = _access.get()
        if mlist.name == access.open:
            return False
        return mlist.name in access.closed or access.hides(mlist.name) or original(mlist)

    MailingList.is_private = property(is_private)


def _patch_subscriptions(module) -> None:
    original = module.get_subscriptions

    def get_subscriptions(user):
        subscriptions = original(user)
        closed = _access.get().closed
        if not closed:
            return subscriptions
        shut = set(MailingList.objects.filter(name__in=closed).values_list("list_id", flat=True))
        return {list_id: address for list_id, address in subscriptions.items() if list_id not in shut}

    module.get_subscriptions = get_subscriptions


def _patch_detail(view) -> None:
    original = view.get_object

    def get_object(self):
        found = original(self)
        self.check_object_permissions(self.request, found)
        return found

    view.get_object = get_object


def _patch_search() -> None:
    original = search.paginate

    def paginate(results, *page):
        request = _request.get()
        wanted = request.GET.get("mlist")
        hits = [hit for hit in results[:HITS] if hit.object]
        lists = MailingList.objects.in_bulk({hit.object.mailinglist_id for hit in hits})
        readable = {
            key
            for key, mlist in lists.items()
            if wanted in (None, mlist.name) and view_helpers.is_mlist_authorized(request, mlist)
        }
        if wanted is None and not request.user.is_superuser:
            shown = MailingList.objects.filter(pk__in=readable).filter(_shown_to(request.user))
            readable = set(shown.values_list("pk", flat=True))
        return original([hit for hit in hits if hit.object.mailinglist_id in readable], *page)

    search.paginate = paginate


def _public(lists):
    """Of lists, those that are not private by their names."""
    private = _access.get().private
    return lists.none() if private is None else lists.exclude(name__in=private)


def _advertised(lists):
    """Of lists, those that Mailman advertises, or does not know any more."""
    names = unadvertised.now()
    return lists.none() if names is None else lists.exclude(name__in=names)


def _shown_to(user) -> Q:
    """The lists that somebody is shown without having asked for them."""
    shown = Q(pk__in=_advertised(MailingList.objects.all()).values("pk"))
    return shown | Q(list_id__in=index.get_subscriptions(user)) if user.is_authenticated else shown


def _patch_list_of_lists() -> None:
    original = MailingListList.get_queryset

    def get_queryset(self):
        found = _public(original(self))
        return found if self.request.user.is_superuser else found.filter(_shown_to(self.request.user))

    MailingListList.get_queryset = get_queryset


def _patch_index() -> None:
    """Who may see which list is decided first, and then what is looked for."""

    def lists():
        user = _request.get().user
        if user.is_superuser:
            return MailingList.objects.all()
        shown = Q(
            pk__in=_advertised(_public(MailingList.objects.all())).filter(archive_policy=ArchivePolicy.public.value)
        )
        if user.is_authenticated:
            shown |= Q(list_id__in=index.get_subscriptions(user))
        return MailingList.objects.filter(shown)

    manager = SimpleNamespace(all=lists, filter=lambda term: lists().filter(term), none=MailingList.objects.none)
    index.MailingList = SimpleNamespace(objects=manager)


def _patch_by_sender() -> None:
    original = EmailListBySender.get_queryset

    def get_queryset(self):
        access = _access.get()
        found = original(self)
        return (
            found.none()
            if access.private is None
            else found.exclude(mailinglist__name__in=access.closed | access.private)
        )

    EmailListBySender.get_queryset = get_queryset


def old_file(environment: dict, folder: bytes = OLD_FILES) -> bytes | None:
    """The path of the file that a request for an old page is for, if it is there."""
    parts = environment.get("LISTOPS_OLD_FILE", "").encode("latin-1").split(b"/")
    path = b"/".join([folder, *parts])
    return path if not {b"", b".", b".."} & set(parts) and os.path.isfile(path) else None


@view_helpers.check_mlist_private
def old_page(request, mlist_fqdn):
    """A page of an archive of Mailman 2.1, or where it is now."""
    page, path = request.META.get("LISTOPS_OLD_PAGE"), old_file(request.META)
    if page:
        answer = HttpResponsePermanentRedirect(page)
    elif path:
        # The answer closes it.
        answer = FileResponse(open(path, "rb"), filename=os.path.basename(os.fsdecode(path)))  # noqa: SIM115
        answer["Content-Security-Policy"] = OLD_FILES_POLICY
    else:
        raise Http404
    answer["Cache-Control"] = "private, no-store"
    return answer


class ArchiveAccessMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.private_names = PrivateNames()
        _patch_privacy()
        _patch_subscriptions(view_helpers)
        _patch_subscriptions(search)
        _patch_detail(EmailDetail)
        _patch_detail(ThreadDetail)
        _patch_search()
        _patch_index()
        _patch_by_sender()
        _patch_list_of_lists()
        TagList.permission_classes = [IsAdminUser]

    def process_view(self, request, _view, _args, kwargs):
        """Who may see an old page is decided as for the list's overview, in whose place it is."""
        return old_page(request, **kwargs) if "LISTOPS_OLD_FILE" in request.META else None

    def __call__(self, request):
        access = _access.set(access_of(request.META, self.private_names.now()))
        asked = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(asked)
            _access.reset(access)
