# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Apache's sites, as far as they are about lists and have variables of the apache role. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping, NamedTuple
from urllib.parse import unquote, urlsplit

import jinja2

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Former, Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

SITES = "/etc/apache2/sites-enabled/"
OWN = SITES + "mailman.conf"
MAP = "/etc/apache2/mailman-renamed-lists.txt"
ROBOTS = "/var/www/lists/robots.txt"
OWN_USERS = "/etc/apache2/digest/"

# Pages of a list: what they are, and where its name stands.
_NAME = r"(?P<name>[A-Za-z0-9_.+=-]+?)"
_PAGES = (
    ("pages", r"/(?:cgi-bin/)?mailman/(?!private/)[a-z]+/" + _NAME),
    ("archive", r"/(?:pipermail|(?:cgi-bin/)?mailman/private)/" + _NAME),
    ("pages", r"/mailman3/(?:postorius/)?lists/(?P<name>[^/\s]+?)"),
    ("archive", r"/(?:mailman3/hyperkitty|hyperkitty|archives)/list/(?P<name>[^/\s]+?)"),
)
# What a pattern may end with after the name.
_REST = (
    r"(?:/|\$(?![0-9])|/?\(/?\.\*\)\$?|\(/\.\*\)\?\$?|\(\?:/\|\$\)|/?\.\*\$?|/?\$[0-9]"
    r"|\(/\|\$\)(?:\(\.\*\))?|/\(\.\*\)\$?|\(\.mbox\)\?)*\Z"
)
_MENTIONS = re.compile(r"(?:mailman|pipermail|postorius|hyperkitty)")


class Section(NamedTuple):
    """kind: in lower case. words: its arguments. number: which one of its file it is."""

    kind: str
    words: tuple[str, ...]
    number: int


class Directive(NamedTuple):
    """name: in lower case. words: its arguments without quotes. within: the sections around it."""

    name: str
    words: tuple[str, ...]
    within: tuple[Section, ...]


def directives(text: str) -> Iterator[Directive]:
    """All of a file, with the sections that they are in."""
    within: list[Section] = []
    count = 0
    for line in re.sub(r"\\\r?\n", " ", text).splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        end = re.fullmatch(r"</(\w+)>", line)
        start = re.fullmatch(r"<(\w+)\s*(.*?)\s*>", line)
        if end:
            if within:
                within.pop()
        elif start:
            count += 1
            within.append(Section(start[1].lower(), tuple(_words(start[2])), count))
        else:
            name, *words = _words(line)
            yield Directive(name.lower(), tuple(words), tuple(within))


def _words(line: str) -> list[str]:
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|(\S+)', line)
    return [re.sub(r'\\(["\'])', r"\1", double or single or plain) for double, single, plain in found] or [""]


def is_ours(files: Mapping[str, str]) -> bool:
    return host_variables.role_variable("apache", "_apache_mark") in files.get(OWN, "")


def read(
    files: Mapping[str, str], users: Mapping[str, list[Mapping[str, str]]], names: Names, web_domain: str, found: Found
) -> None:
    """files: path -> text. users: of htdigest files, by path. names: which lists there are; former ones go there."""
    sites = {path: list(directives(text)) for path, text in sorted(files.items()) if path.startswith("/etc/apache2/")}
    if is_ours(files):
        _ours(sites[OWN], files, names, web_domain, found)
    else:
        _tls(sites, web_domain, found)
        _server_aliases(sites, web_domain, found)
    robots = files.get(ROBOTS)
    if robots is not None and robots.strip() != _usual_robots(names.mailman21).strip():
        found.take(ROBOTS, "apache_robots", robots, "")
    archives: dict[str, dict[str, Any]] = {}
    for path, said in sites.items():
        ours = path == OWN and is_ours(files)
        if not ours:
            for directive in said:
                _redirect(path, directive, names, found)
        for address, entry in _guards(path, said, users, names, found, ours=ours):
            if address not in archives:
                archives[address] = entry
    if archives:
        found.take(OWN, "apache_digest_archives", list(archives.values()), [])


def _usual_robots(mailman21: bool) -> str:
    template = host_variables.raw_defaults("apache")["apache_robots"]
    environment = jinja2.Environment(trim_blocks=True)
    return environment.from_string(template).render(apache_mailman_engine="mailman21" if mailman21 else "mailman3")


def _arguments(directive: Directive) -> tuple[str, str] | None:
    """The pattern or path, and the target, of a redirect."""
    words = list(directive.words)
    if directive.name in ("redirect", "redirectmatch"):
        if words and re.fullmatch("permanent|temp|seeother|30[1278]", words[0]):
            words.pop(0)
    elif directive.name not in ("redirectpermanent", "redirecttemp", "rewriterule"):
        return None
    if directive.name == "rewriterule" and len(words) > 2 and not re.search(r"\bR(=30[1278]|=permanent)?\b", words[2]):
        return None
    return (words[0], words[1]) if len(words) > 1 else None


def _redirect(path: str, directive: Directive, names: Names, found: Found) -> None:
    pair = _arguments(directive)
    if pair is None:
        return
    source, target = pair
    if not _MENTIONS.search(source):
        return
    is_pattern = directive.name in ("redirectmatch", "rewriterule")
    pages = list(pages_of(source, is_pattern))
    there = list(pages_of(urlsplit(target).path if "://" in target else target, False))
    if not pages or not there or len({name for _what, name in pages}) != 1:
        sentence = "It leads from {0} to {1}: if that is a list's former name, put renamed_from into its entry."
        found.note(path, sentence.format(source, target))
        return
    old, new = pages[0][1].lower(), there[0][1].lower()
    listed = _list_of(new, names)
    if not listed:
        found.note(
            path, "It leads from {0} to {1}, which is no list: apache_redirects keeps it.".format(source, target)
        )
        return
    former = _address_of(old, listed)
    for what, _name in pages:
        names.add(Former(former, listed, what, path))


def pages_of(text: str, is_pattern: bool) -> Iterator[tuple[str, str]]:
    """Which pages of which list an address or a pattern is for; a pattern may be for several kinds."""
    if is_pattern:
        text = text.replace("(?i)", "").lstrip("^")
        text = "/" + text.lstrip("/") if not text.startswith("(") else text
        for one in _alternatives(text):
            yield from _page_of(re.sub(r"\\([.+=_/-])", r"\1", one))
    else:
        # What a group of the pattern matched, which stands before the name.
        for kind in ("mailman/listinfo", "pipermail") if re.match(r"/?\$1", text) else ("",):
            yield from _page_of("/" + re.sub(r"^/?\$1", kind, text).lstrip("/"))


def _alternatives(text: str) -> list[str]:
    """A pattern with its first group of alternatives, such as (mailman/listinfo|pipermail), written out."""
    group = re.match(r"(/?)\((?:\?:)?(/?[a-z0-9/|?:()-]*?)\)(?=/)", text)
    if not group or "(" in group[2].replace("(?:cgi-bin/)?", ""):
        return [text]
    return [group[1] + choice + text[group.end() :] for choice in group[2].replace("(?:cgi-bin/)?", "").split("|")]


def _page_of(text: str) -> Iterator[tuple[str, str]]:
    for what, pattern in _PAGES:
        page = re.match(pattern + _REST, text)
        if page:
            yield what, unquote(page["name"])
            return


def _list_of(name: str, names: Names) -> str:
    """A list by its name on a page: the name, the address, or with Mailman 3 the address with a dot for the @."""
    if "@" in name:
        return name if name in names.lists else ""
    for domain in names.domains:
        if name.endswith("." + domain):
            return names.by_name(name[: -len(domain) - 1], domain)
    return names.by_name(name)


def _address_of(name: str, listed: str) -> str:
    domain = listed.partition("@")[2]
    if "@" in name:
        return name
    if name.endswith("." + domain):
        name = name[: -len(domain) - 1]
    return "{0}@{1}".format(name, domain)


_SECTIONS = ("location", "locationmatch", "directory", "directorymatch")


def _guards(
    path: str,
    said: Iterable[Directive],
    users: Mapping[str, list[Mapping[str, str]]],
    names: Names,
    found: Found,
    *,
    ours: bool,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Archives that ask for a digest user: address of the list and entry of apache_digest_archives."""
    sections: dict[tuple[Section, ...], dict[str, str]] = {}
    for directive in said:
        if directive.name in ("authtype", "authname", "authuserfile", "authdigestfile") and directive.words:
            sections.setdefault(directive.within, {})[directive.name] = directive.words[0]
    for within, options in sections.items():
        if options.get("authtype", "").lower() != "digest":
            continue
        file = options.get("authuserfile") or options.get("authdigestfile", "")
        place = next((section for section in reversed(within) if section.kind in _SECTIONS), Section("", (), 0))
        address = _own_address(file) if ours else _guarded(place, names)
        if not address:
            sentence = "What asks for a digest user at {0} is not the archive of one list: a site of your own keeps it."
            found.note(path, sentence.format(" ".join(place.words) or "any place"))
            continue
        realm = options.get("authname", "")
        there = [user["name"] for user in users.get(file, ()) if user["realm"] == realm]
        yield address, _entry(address, realm, there, "" if ours else file)


def _entry(address: str, realm: str, users: list[str], file: str) -> dict[str, Any]:
    entry: dict[str, Any] = {"list": address}
    if realm and realm != "{0} archive".format(address.partition("@")[0]):
        entry["realm"] = realm
    if users:
        # Without a password, each keeps the one that he has.
        entry["users"] = [{"name": user} for user in users]
        if file:
            entry["users_from"] = file
    return entry


def _own_address(file: str) -> str:
    name = file[len(OWN_USERS) :] if file.startswith(OWN_USERS) else ""
    return name[: -len(".htdigest")] if name.endswith(".htdigest") else ""


def _guarded(place: Section, names: Names) -> str:
    """The list whose archive a section is for."""
    if not place.words:
        return ""
    is_pattern = place.kind.endswith("match") or place.words[0] == "~"
    text = place.words[-1]
    if place.kind.startswith("directory"):
        found = re.search(r"/archives/(?:private|public)/" + _NAME + r"(?:\.mbox)?" + _REST, text.replace("\\", ""))
        return _list_of(found["name"].lower(), names) if found else ""
    lists = {_list_of(name.lower(), names) for what, name in pages_of(text, is_pattern) if what == "archive"}
    return lists.pop() if len(lists) == 1 else ""


def hosts(said: Iterable[Directive]) -> dict[Section, dict[str, list[str]]]:
    """Virtual hosts of a file, and the arguments of their own directives by name."""
    out: dict[Section, dict[str, list[str]]] = {}
    for directive in said:
        if len(directive.within) == 1 and directive.within[0].kind == "virtualhost":
            out.setdefault(directive.within[0], {}).setdefault(directive.name, []).extend(directive.words)
    return out


def names_of(said: Iterable[Directive]) -> set[str]:
    """All names for which a file's virtual hosts answer."""
    return {
        name.lower()
        for options in hosts(said).values()
        for name in options.get("servername", []) + options.get("serveralias", [])
    }


def _tls(sites: Mapping[str, list[Directive]], web_domain: str, found: Found) -> None:
    """The certificate of the site that Mailman's pages are on."""
    plain = ""
    for path, said in sites.items():
        for place, options in hosts(said).items():
            called = [name.lower() for name in options.get("servername", []) + options.get("serveralias", [])]
            if web_domain not in called:
                continue
            certificate, key = (options.get(name, [""])[-1] for name in ("sslcertificatefile", "sslcertificatekeyfile"))
            if certificate:
                found.take(path, "apache_tls", "given", "selfsigned")
                found.take(path, "apache_tls_certificate", certificate, "")
                found.take(path, "apache_tls_key", key or certificate, "")
                return
            if any(each.endswith(":80") for each in place.words):
                plain = path
    if found.variables.get("mailman_web_https") is False:
        # where no site of Apache has that name
        plain = plain or OWN
    if plain:
        found.take(plain, "apache_tls", "off", "selfsigned")


def _server_aliases(sites: Mapping[str, list[Directive]], web_domain: str, found: Found) -> None:
    """Other names of the site that ours replaces; where that domain is only one of its aliases, it is the site of something else."""
    aliases: dict[str, str] = {}
    for path, said in sites.items():
        for options in hosts(said).values():
            if web_domain in (name.lower() for name in options.get("servername", [])):
                aliases.update(dict.fromkeys((name.lower() for name in options.get("serveralias", [])), path))
    aliases.pop(web_domain, None)
    if aliases:
        found.take(next(iter(aliases.values())), "apache_server_aliases", list(aliases), [])


def _ours(said: list[Directive], files: Mapping[str, str], names: Names, web_domain: str, found: Found) -> None:
    options: dict[str, list[Directive]] = {}
    for directive in said:
        options.setdefault(directive.name, []).append(directive)

    def words(name: str) -> list[str]:
        return list(options[name][-1].words) if name in options else []

    found.take(OWN, "apache_server_name", (words("servername") or [web_domain])[0], web_domain)
    found.take(OWN, "apache_server_aliases", words("serveralias"), [])
    certificate, key = (words("sslcertificatefile") or [""])[0], (words("sslcertificatekeyfile") or [""])[0]
    if not certificate:
        found.take(OWN, "apache_tls", "off", "selfsigned")
    elif not certificate.endswith("-selfsigned.pem"):
        found.take(OWN, "apache_tls", "given", "selfsigned")
        found.take(OWN, "apache_tls_certificate", certificate, "")
        found.take(OWN, "apache_tls_key", key, "")
    for directive in options.get("header", ()):
        if "Strict-Transport-Security" in directive.words:
            age = re.search(r"max-age=([0-9]+)", directive.words[-1])
            found.take(OWN, "apache_hsts_seconds", int(age[1]) if age else 0, 0)
    redirects = []
    for directive in options.get("redirect", ()):
        if len(directive.words) == 3:
            entry: dict[str, Any] = {"from": directive.words[1], "to": directive.words[2]}
            if directive.words[0] == "temp":
                entry["permanent"] = False
            redirects.append(entry)
    found.take(OWN, "apache_redirects", redirects, [])
    index = next(
        (each.words[2] for each in options.get("redirectmatch", ()) if each.words[:2] == ("temp", "^/$")), None
    )
    usual = "/mailman/listinfo" if names.mailman21 else "/mailman3/postorius/lists/"
    if index:
        found.take(OWN, "apache_index", index, usual)
    root = words("documentroot")
    if root:
        found.take(OWN, "apache_document_root", root[0], host_variables.defaults("apache")["apache_document_root"])
    for kind, old, new in re.findall(r"^(page|archive):(\S+) (\S+)$", files.get(MAP, ""), re.MULTILINE):
        listed = _list_of(new, names)
        if listed:
            names.add(Former(_address_of(old, listed), listed, "pages" if kind == "page" else "archive", MAP))
