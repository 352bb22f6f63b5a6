# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that asks the web interface for each of its pages, as it should be asked and in odd ways.

It runs beside the web interface, as its user and with its settings, and asks Django itself, so that thousands of
requests take seconds. It reads {"list": ADDRESS, "people": [NAME, ...]} on standard input, where "" is nobody and who
may do everything only looks; it writes {"asked": NUMBER, "statuses": {...}, "failed": [...], "mails": [...]}.
It is plain Python 3 and imports nothing of the project.
"""

from __future__ import annotations

import collections
import itertools
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import get_user_model  # noqa: E402
from django.core import mail  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import URLResolver, get_resolver  # noqa: E402
from hyperkitty.models import Email  # noqa: E402

HUGE = "9" * 26
ODD_PARTS = ["nothere", "0", "-1", HUGE, "a%00b", "%ff%fe", "%0d%0aX", "x" * 3000]
ODD_QUERIES = [
    *(("page", value) for value in ("0", "-1", "abc", HUGE, "\0")),
    *(("count", value) for value in ("0", "-1", HUGE)),
    *(("limit", value) for value in ("-1", HUGE)),
    *(("offset", value) for value in ("abc", "-1", HUGE)),
    *(("last_view", value) for value in ("abc", "9" * 12, HUGE, "nan")),
    *(("q", value) for value in ("", '"', "a AND (", "date:[", "date:20261399", "a^999e999", "\u2028", "x" * 3000)),
    *(("sort", value) for value in ("date", "nothere")),
    *((name, "nothere") for name in ("format", "mlist", "list", "name", "term", "role", "start", "language", "id")),
    ("next", "http://["),
    ("token", "\0"),
]
# Of lists of objects and forms in Django's administration, which take more from a query than it seems.
ADMIN_QUERIES = [
    *((name, value) for name in ("p", "o", "q", "e") for value in ("x", "99", "-1", "\0")),
    *(("id__exact", value) for value in ("abc", "\0", HUGE, "-1", "")),
    *((f"{name}__isnull", "maybe") for name in ("id", "nothere")),
    *((name, "\0") for name in ("_changelist_filters", "_to_field", "_popup", "nothere__in", "all", "next")),
    *((name, "nothere") for name in ("_to_field", "_popup", "nothere__exact", "is_staff__exact", "date__gte", "user")),
    ("pk__in", "1,x," + HUGE),
    ("_changelist_filters", "id__exact=abc"),
]
FIELDS = [
    *("email", "subscriber", "display_name", "login", "password", "password1", "password2", "username", "user"),
    *("subject", "body", "message", "newthread", "action", "tag", "category", "parent", "vote", "sender", "choices"),
    *("name", "msgid", "msgids", "mlist", "subscription_mode", "oldpassword", "first_name", "timezone", "ids", "list"),
]
ODD_VALUES = ["", "\0", "-1", HUGE, "x" * 4000, "a@b.example.com"]
FORM = "application/x-www-form-urlencoded"
ODD_BODIES = [
    (FORM, b"%ff=%fe&a=%00"),
    (FORM, b"a=1&" * 1200),
    ("multipart/form-data", b"x"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n'),
    ("application/json", b"{"),
    (FORM + "; charset=nothere", b"a=b"),
]
ODD_HEADERS = [
    {"HTTP_HOST": "evil.example.com"},
    {"HTTP_HOST": "a b"},
    {"HTTP_ACCEPT_LANGUAGE": "x" * 3000},
    {"HTTP_ACCEPT": "x/y"},
    {"HTTP_RANGE": "bytes=5-1"},
    {"HTTP_IF_MODIFIED_SINCE": "x"},
    {"HTTP_AUTHORIZATION": "Basic !"},
    {"HTTP_AUTHORIZATION": "Token x"},
    {"HTTP_REFERER": "http://["},
]
# It would end what the walk is about.
LEFT_OUT = re.compile("logout|user-profile/delete")


def routes(resolver: Any, prefix: str = "") -> Iterator[str]:
    """Every path: its text with {NAME} for what differs."""
    for item in resolver.url_patterns:
        if isinstance(item, URLResolver):
            yield from routes(item, prefix + str(item.pattern))
        else:
            yield readable(prefix + str(item.pattern))


def readable(pattern: str) -> str:
    nested = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
    text = re.sub(r"\(\?P<(\w+)>" + nested + r"\)", r"{\1}", pattern)
    text = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", text)
    return "/" + re.sub(r"\\Z|[$^?]", "", text).replace("\\", "")


class Walk:
    def __init__(self, mlist: str, values: dict[str, str]) -> None:
        self.values = collections.defaultdict(lambda: "1", values)
        self.mlist = mlist
        self.statuses: collections.Counter[int] = collections.Counter()
        self.failed: list[str] = []

    def ask(self, client: Client, method: str, url: str, why: str, **more: Any) -> None:
        # many hosts, since it is not the limits that are looked at
        number = sum(self.statuses.values())
        more.setdefault("REMOTE_ADDR", f"198.51.{number // 250 % 250}.{number % 250}")
        try:
            answer = client.generic(method, url, secure=True, **more)
            b"".join(answer.streaming_content if answer.streaming else [answer.content])
            status = answer.status_code
        except Exception as error:  # whatever it is, the application server would answer 500
            status, why = 599, f"{why}: {type(error).__name__}: {error}"
        self.statuses[status] += 1
        if status >= 500:
            self.failed.append(f"{status} {method} {url[:120]} ({why})")

    def go(self, client: Client, route: str, *, writes: bool) -> None:
        names = re.findall(r"{(\w+)}", route)
        good = route.format_map(self.values)
        for method in ("GET", "HEAD"):
            self.ask(client, method, good, "as it is")
        for name, part in itertools.product(names, ODD_PARTS):
            self.ask(client, "GET", route.format_map({**{n: self.values[n] for n in names}, name: part}), name)
        for key, value in [*ODD_QUERIES, ("list", self.mlist), ("mlist", self.mlist)]:
            self.ask(client, "GET", f"{good}?{urlencode({key: value})}", key)
        self.ask(client, "GET", f"{good}?%ff=%fe&=&{'a=1&' * 1200}", "query")
        for headers in ODD_HEADERS:
            self.ask(client, "GET", good, f"{headers}"[:60], **headers)
        if writes:
            for kind, body in ODD_BODIES:
                self.ask(client, "POST", good, kind, data=body, content_type=kind)
            for value in ODD_VALUES:
                body = urlencode(dict.fromkeys(FIELDS, value)).encode()
                self.ask(client, "POST", good, f"all fields {value[:9]!r}", data=body, content_type=FORM)
            for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
                self.ask(client, method, good, method, data=b"{", content_type="application/json")

    def administer(self, client: Client, route: str) -> None:
        """Look at a page of Django's administration."""
        names = re.findall(r"{(\w+)}", route)
        good = route.format_map(self.values)
        self.ask(client, "GET", good, "as it is")
        for name, part in itertools.product(names, ODD_PARTS):
            self.ask(client, "GET", route.format_map({**{n: self.values[n] for n in names}, name: part}), name)
        for key, value in ADMIN_QUERIES if not names else ():
            self.ask(client, "GET", f"{good}?{urlencode({key: value})}", f"{key}={value[:9]!r}")


def main() -> None:
    asked = json.load(sys.stdin)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mail.outbox = []
    logging.raiseExceptions = False
    post = Email.objects.filter(mailinglist__name=asked["list"]).first()
    values = {
        "mlist_fqdn": post.mailinglist.name,
        "list_id": post.mailinglist.list_id,
        "message_id_hash": post.message_id_hash,
        "threadid": post.thread.thread_id,
        "thread_id": post.thread.thread_id,
        "user_id": post.sender.mailman_id or "1",
        "mailman_id": post.sender.mailman_id or "1",
        "year": str(post.date.year),
        "month": str(post.date.month),
        "day": str(post.date.day),
        "domain": post.mailinglist.name.partition("@")[2],
        "email": "alice@example.net",
        "role": "member",
        "uidb36": "1",
        "key": "set-password",
        "template_name": "list:user:notice:welcome",
    }
    walk = Walk(post.mailinglist.name, values)
    for name in asked["people"]:
        client = Client(raise_request_exception=False, HTTP_HOST=values["domain"], SERVER_NAME=values["domain"])
        person = get_user_model().objects.filter(username=name).first()
        if name:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        superuser = bool(person and person.is_superuser)
        for route in sorted(set(routes(get_resolver()))):
            if name and LEFT_OUT.search(route):
                continue
            # Django's own administration, for which there is one door
            if not route.startswith("/admin/") or route in ("/admin/", "/admin/login/", "/admin/jsi18n/"):
                walk.go(client, route, writes=not superuser)
            elif superuser:
                walk.administer(client, route)
    mails = [[message.to, message.subject] for message in mail.outbox]
    json.dump(
        {"asked": sum(walk.statuses.values()), "statuses": walk.statuses, "failed": walk.failed, "mails": mails},
        sys.stdout,
    )


main()
