# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody who uses the web interface: pages, forms and the cookies of one visit, with curl."""

from __future__ import annotations

import dataclasses
import re
import secrets

from . import site
from .outside import CERTIFICATE, Outside

ACCOUNTS = f"{site.WEB}/accounts"


@dataclasses.dataclass(frozen=True)
class Seen:
    """A page after all redirects: where it is, its status, its text."""

    url: str
    status: int
    text: str


class Visitor:
    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._jar = f"/run/visitor-{secrets.token_hex(4)}"

    def get(self, url: str) -> Seen:
        return self._fetch(url)

    def submit(self, url: str, *, to: str = "", **fields: str) -> Seen:
        """Fill in the form of a page, and send it to that page or where else it belongs."""
        page = self._fetch(url)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert page.status == 200 and token, f"{url}: {page.status}, without a form: {page.text[:500]}"
        return self._fetch(to or page.url, {"csrfmiddlewaretoken": token.group(1), **fields})

    def log_in(self, name: str, password: str) -> Seen:
        return self.submit(f"{ACCOUNTS}/login/", login=name, password=password)

    def cookies(self) -> str:
        """Those of the visit so far, as a browser says them."""
        rows = [line.split("\t") for line in self._outside.check("cat", self._jar).splitlines()]
        return "; ".join(f"{row[5]}={row[6]}" for row in rows if len(row) == 7)

    def leave(self) -> None:
        self._outside.check("rm", "-f", self._jar)

    def _fetch(self, url: str, fields: dict[str, str] | None = None) -> Seen:
        said = {"url": url, "cacert": CERTIFICATE, "cookie": self._jar, "cookie-jar": self._jar, "referer": url}
        lines = [f'{key} = "{value}"' for key, value in said.items()]
        lines += [f'data-urlencode = "{key}={value}"' for key, value in (fields or {}).items()]
        end = ["--silent", "--show-error", "--location", "--max-time", "30", "--config", "-"]
        # with a redirect after a form, curl asks for the next page as a browser does
        done = self._outside.check(
            "curl", *end, "--write-out", "\\n%{http_code} %{url_effective}", stdin="\n".join(lines) + "\n"
        )
        text, _newline, last = done.rpartition("\n")
        status, _blank, where = last.partition(" ")
        return Seen(where, int(status), text)
