# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules for the variables of the apache role. Pure."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given, Questions
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import (
    DOMAIN,
    HOST_NAME,
    POSTING_ADDRESS,
    RENAMED,
    Fields,
    Kind,
    ListOf,
    Rule,
    number,
    pattern,
)

_FILE = pattern("/[A-Za-z0-9._/@+-]+", "an absolute path without blanks and quotes")
_PATH = pattern("/[A-Za-z0-9._~/@%+-]*", "a path on the site, such as /pipermail/wikitech-l")
_TARGET = pattern(
    "(?=.)(https?://[A-Za-z0-9.:-]+)?(/[A-Za-z0-9._~/@%+?&=#-]*)?",
    "a path on the site, or an address with http:// or https://",
)
_SITE = pattern(
    "[A-Za-z0-9_][A-Za-z0-9._-]*",
    "the name of another site in /etc/apache2/sites-enabled, such as 000-default-le-ssl",
    but=["mailman", "mailman.conf"],
)
_LIST = pattern(
    "[A-Za-z0-9][A-Za-z0-9._-]*(@[A-Za-z0-9][A-Za-z0-9.-]*)?",
    "a list's name or address, such as arbcom-l or arbcom-l@lists.example.org",
)
_OLD_NAME = pattern("[a-z0-9_][a-z0-9_.+=-]*", "the name of a list of Mailman 2.1 in lower case, such as wikitech-l")
_REALM = pattern(r'[^"\\:%${}\x00-\x1f\x7f]+', "text without quotes, colons, backslashes and the characters %${}")
_TLS = ("apache_tls_certificate", "apache_tls_key")
# A redirect of one of these would redirect the whole site.
OWN_PATHS = {
    "mailman3": ["", "/mailman3", "/mailman3/static"],
    "mailman21": ["", "/mailman", "/cgi-bin", "/cgi-bin/mailman", "/pipermail", "/images/mailman"],
}

RULES: dict[str, Rule] = {
    "apache_server_name": HOST_NAME,
    "apache_server_aliases": ListOf(HOST_NAME),
    "apache_disabled_sites": ListOf(_SITE),
    "apache_list_domain": DOMAIN,
    "apache_uwsgi_socket": _FILE,
    "apache_static_dir": _FILE,
    "apache_document_root": _FILE,
    "apache_mailman_home": _FILE,
    "apache_mailman_lists_home": _FILE,
    "apache_hsts_seconds": number(0),
    "apache_index": Kind(
        "a path on the site, such as /mailman3/postorius/lists/", lambda value: _PATH.accepts(value) and value != "/"
    ),
    "apache_redirects": ListOf(Fields({"from": _PATH, "to": _TARGET})),
    "apache_renamed_lists": ListOf(RENAMED),
    "apache_migrated_lists": ListOf(Fields({"from": _OLD_NAME, "to": POSTING_ADDRESS})),
    "apache_digest_archives": ListOf(Fields({"list": _LIST, "realm": _REALM, "users_from": _FILE})),
}


def _given_tls(given: Given) -> bool:
    return given.fine("apache_tls", *_TLS) and given["apache_tls"] == "given"


def questions(given: Given) -> Questions:
    """Questions that only the host can answer."""
    if not _given_tls(given):
        return {}
    pair = [given[name] for name in _TLS]
    if not all(_FILE.accepts(path) for path in pair):
        return {}
    return {"files": pair, "key_pairs": [pair]}


def together(given: Given) -> None:
    """Rules of several variables, and of the host."""
    if _given_tls(given):
        for name in _TLS:
            given.must(name, _FILE, ", as apache_tls is given")
        given.refuse_missing_files(*_TLS)
        # Apache's configuration test does not open keys, and Apache stops at a reload when one is wrong.
        given.refuse_wrong_key(*_TLS)
    if given.fine("apache_redirects", "apache_mailman_engine"):
        _redirects(given)
    if given.fine("apache_renamed_lists"):
        given.refuse_renamed_to_itself("apache_renamed_lists")
    if given.fine("apache_migrated_lists", "apache_mailman_engine"):
        _migrated(given)
    if given.fine("apache_digest_archives", "apache_list_domain"):
        _archives(given)


def _redirects(given: Given) -> None:
    paths = [redirect["from"] for redirect in given["apache_redirects"]]
    for number_, path in enumerate(paths):
        key = "apache_redirects[{0}].from".format(number_)
        if path.rstrip("/") in OWN_PATHS[given["apache_mailman_engine"]]:
            given.refuse(key, "{0}, and not the whole site".format(_PATH.accepted), path)
        elif path in paths[:number_]:
            given.refuse(key, "each path once", path)


def _migrated(given: Given) -> None:
    names = [one["from"] for one in given["apache_migrated_lists"]]
    if names and given["apache_mailman_engine"] != "mailman3":
        given.refuse("apache_migrated_lists", "no list, as apache_mailman_engine is not mailman3", names)
    seen: set[str] = set()
    for number_, name in enumerate(names):
        if name in seen:
            given.refuse("apache_migrated_lists[{0}].from".format(number_), "each name once", name)
        seen.add(name)


def _archives(given: Given) -> None:
    domain = given["apache_list_domain"]
    names = [archive["list"].lower() for archive in given["apache_digest_archives"]]
    addresses = [name if "@" in name else "{0}@{1}".format(name, domain) for name in names]
    renamed = given["apache_renamed_lists"] if given.fine("apache_renamed_lists") else []
    present = {one["from"].lower(): one["to"] for one in renamed if one.get("archives", "follow") == "follow"}
    for number_, address in enumerate(addresses):
        key = "apache_digest_archives[{0}].list".format(number_)
        if address in present:
            given.refuse(key, "its present name, {0}".format(present[address]), address)
        elif address in addresses[:number_]:
            given.refuse(key, "each list once", address)
