# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits in front of the forms that send mail to whatever address a stranger types, and in front of passwords.

A form is known by the name of its view, so that no spelling of its path leads around. Who asks is whom the web
server names; no header of the request is looked at.
"""

from __future__ import annotations

import base64
import binascii

from django.conf import settings
from django.http import UnreadablePostError

from listops_web import counting
from listops_web.counting import Counter, Limit, Local, Uwsgi
from listops_web.pages import page

CACHE = "limits"
# The form field that says to whom it sends mail; "" where that is no stranger's choice.
MAILS = {
    "account_signup": "email",
    "account_reset_password": "email",
    "account_request_login_code": "email",
    "account_email": "email",
    "socialaccount_signup": "email",
    "list_anonymous_subscribe": "email",
    "list_subscribe": "",
    "list_unsubscribe": "",
    "hk_message_new": "",
    "hk_message_reply": "",
}
# The form field that says whose password is tried; "" where that is whoever is logged in.
PASSWORDS = {
    "account_login": "login",
    "account_reauthenticate": "",
    "account_change_password": "",
    "admin:login": "username",
    "admin:password_change": "",
}
MINUTE, HOUR = 60, 3600


class Limits:
    def __init__(self, get_response) -> None:
        self.get_response = get_response
        numbers = settings.LISTOPS_WEB_LIMITS
        mails, failures = numbers["mails_per_hour"], numbers["failed_logins"]
        self.mails_of_client = [Limit(-(-mails // 6), MINUTE), Limit(mails, HOUR)]
        self.mails_to_address = [Limit(numbers["mails_to_address"], HOUR)]
        self.failures = [Limit(failures, 10 * MINUTE)]
        # many people may be behind one address, and guesses at one account come from many
        self.failures_of_client = [Limit(3 * failures, 10 * MINUTE)]
        self.failures_of_account = [Limit(5 * failures, HOUR)]
        self.counter = Counter(_store())

    def __call__(self, request):
        # HyperKitty's HTTP interface takes a name and a password in each request
        account = _account_in_header(request)
        if account is not None:
            return self._refused_password(request, account) or self._answer(request, account, (401, 403))
        return self._answer(request, None, (200,))

    def _answer(self, request, account: str | None, failed: tuple[int, ...]):
        response = self.get_response(request)
        account = getattr(request, "listops_account", account)
        if account is None:
            return response
        if response.status_code in failed:
            for what in self._tried(request, account):
                self.counter.add(*what)
        elif "/confirm-email/" in response.headers.get("Location", ""):
            # the password was right, and the address that is not confirmed was written to once more
            self.counter.add("mails of", _client(request), self.mails_of_client)
            self.counter.add("mails to account", account, self.mails_to_address)
        return response

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.view_name
        if request.method in ("GET", "HEAD", "OPTIONS") or name not in MAILS.keys() | PASSWORDS.keys():
            return None
        try:
            value = request.POST.get(MAILS.get(name) or PASSWORDS.get(name) or "", "")
        except UnreadablePostError:
            return page(400)
        if name in MAILS:
            return self._mail(request, value)
        # whether the password was right, the answer tells
        request.listops_account = value.strip().casefold() or f"session {request.COOKIES.get('sessionid', '')}"
        return self._refused_password(request, request.listops_account)

    def _mail(self, request, address: str):
        asked = [("mails of", _client(request), self.mails_of_client)]
        if address:
            asked.append(("mails to", counting.mailbox_of(address), self.mails_to_address))
        wait = max(self.counter.wait(*what) for what in asked)
        if wait:
            return too_many(wait)
        for what in asked:
            self.counter.add(*what)
        return None

    def _refused_password(self, request, account: str):
        asked = [*self._tried(request, account), ("mails to account", account, self.mails_to_address)]
        wait = max(self.counter.wait(*what) for what in asked)
        return too_many(wait) if wait else None

    def _tried(self, request, account: str):
        client = _client(request)
        return (
            ("failures", f"{client} {account}", self.failures),
            ("failures of", client, self.failures_of_client),
            ("failures as", account, self.failures_of_account),
        )


def too_many(wait: int):
    return page(429, wait, minutes=-(-wait // MINUTE))


def _store():
    try:
        import uwsgi
    except ImportError:
        return Local()
    return Uwsgi(uwsgi, CACHE)


def _client(request) -> str:
    return counting.client_of(request.META.get("REMOTE_ADDR", ""))


def _account_in_header(request) -> str | None:
    """Whose password the request itself tries; None when it tries none."""
    scheme, _blank, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(credentials).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
    return decoded.partition(":")[0].strip().casefold()
