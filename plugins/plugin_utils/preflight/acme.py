# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the acme role. Pure."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    HOST_NAME,
    Kind,
    ListOf,
    Rule,
    or_empty,
    pattern,
)

RULES: dict[str, Rule] = {
    "acme_server": pattern(
        r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?", "the https:// address of an ACME directory"
    ),
    "acme_email": or_empty(pattern(r"[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+", "an address such as hostmaster@example.org")),
    "acme_names": ListOf(HOST_NAME),
    "acme_webroot": pattern("/[A-Za-z0-9._/@+-]+", "an absolute path without blanks and quotes"),
}


def together(given: Given) -> None:
    """Rules of several variables."""
    if not given.fine("acme_enabled") or not given["acme_enabled"]:
        return
    given.must(
        "acme_agree_tos", Kind("true, if you agree to the terms of acme_server", bool), ", as apache_tls is acme"
    )
    given.must("acme_names", ListOf(HOST_NAME, least=1), ", as apache_tls is acme")
