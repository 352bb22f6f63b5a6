# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import apache, former_names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.former_names import Names
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

LISTS = ["new@lists.example.org", "arbcom-l@lists.example.org", "c.d@lists.example.org"]
SITE = apache.SITES + "lists.conf"
USERS = "/etc/apache2/arbcom-l.htdigest"


def adopted(
    text: str, engine: str = "mailman21", archives: tuple[str, ...] = (), path: str = SITE, **more: str
) -> tuple[Found, dict[str, Any]]:
    found = Found()
    names = Names(LISTS, ["lists.example.org"], engine, archives)
    users = {
        USERS: [
            {"name": "alice", "realm": "arbcom-l archive"},
            {"name": "bob", "realm": "Arb"},
            {"name": "{{ x }}", "realm": "Arb"},
        ]
    }
    apache.read({path: text, **more}, users, names, "lists.example.org", found)
    entries, said = former_names.entries(names)
    for where, sentence in said:
        found.note(where, sentence)
    return found, entries


FOLLOWS = {"renamed_from": ["old"]}
STAYS = {"renamed_from": ["old"], "renamed_archives": "stay"}


@pytest.mark.parametrize(
    ("redirect", "engine", "entry"),
    [
        ("Redirect permanent /mailman/listinfo/old https://lists.example.org/mailman/listinfo/new", "mailman21", STAYS),
        ("Redirect /pipermail/old /pipermail/new", "mailman21", FOLLOWS),
        ("RedirectPermanent /pipermail/old/ /pipermail/new/", "mailman21", FOLLOWS),
        (
            "RedirectMatch 301 ^/mailman/listinfo/old(.*)$ https://lists.example.org/mailman/listinfo/new$1",
            "mailman21",
            STAYS,
        ),
        (r"RewriteRule ^/pipermail/old(/.*)?$ /pipermail/new$1 [R=301,L]", "mailman21", FOLLOWS),
        (r"RewriteRule ^/(mailman/listinfo|pipermail)/old(/.*)?$ /$1/new$2 [R=301,L]", "mailman21", FOLLOWS),
        (r'RewriteRule "^/mailman/listinfo/old$" "/mailman/listinfo/new" [R,L]', "mailman21", STAYS),
        (
            "Redirect /mailman3/postorius/lists/old.lists.example.org /mailman3/postorius/lists/new.lists.example.org",
            "mailman3",
            STAYS,
        ),
        (
            "Redirect /mailman3/hyperkitty/list/old@lists.example.org/ /mailman3/hyperkitty/list/new@lists.example.org/",
            "mailman3",
            FOLLOWS,
        ),
        # not certain, or no redirect
        ("Redirect /mailman/listinfo/old https://elsewhere.example/somewhere", "mailman21", None),
        ("Redirect /mailman/listinfo/old /mailman/listinfo/gone", "mailman21", None),
        ("Redirect /mailman/listinfo/arbcom-l /mailman/listinfo/new", "mailman21", None),
        (r"RewriteRule ^/mailman/listinfo/(old|older)$ /mailman/listinfo/new [R]", "mailman21", None),
        (r"RewriteRule ^/mailman/listinfo/o.*d$ /mailman/listinfo/new [R]", "mailman21", None),
        (r"RewriteRule ^/mailman/listinfo/old$ /mailman/listinfo/new [PT]", "mailman21", None),
        ("# Redirect /pipermail/old /pipermail/new", "mailman21", None),
        ("Redirect /pipermail/old", "mailman21", None),
        ("Redirect /pipermail/caf\u00e9 /pipermail/new", "mailman21", None),
        ("Redirect /elsewhere /pipermail/new", "mailman21", None),
    ],
)
def test_redirects(redirect: str, engine: str, entry: dict[str, Any] | None) -> None:
    found, renamed = adopted(f"<VirtualHost *:80>\n  {redirect}\n</VirtualHost>\n", engine)
    assert renamed == ({"new@lists.example.org": entry} if entry else {})
    assert not (entry and found.notes)


def test_what_is_not_certain_is_said() -> None:
    found, renamed = adopted(
        "RewriteRule ^/mailman/listinfo/(a|b)$ /mailman/listinfo/new [R]\nRedirect /pipermail/a /pipermail/gone\n"
        "Redirect /pipermail/two /pipermail/new\nRedirect /mailman/listinfo/two /mailman/listinfo/arbcom-l\n"
        "Redirect /pipermail/arbcom-l /pipermail/new\n"
    )
    assert renamed == {}
    assert len(found.notes[SITE]) == 4


def test_an_archive_of_the_former_name_stays() -> None:
    _found, renamed = adopted("Redirect /pipermail/old /pipermail/new", archives=("old", "new"))
    assert renamed == {"new@lists.example.org": STAYS}


GUARD = """
<VirtualHost *:443>
  ServerName lists.example.org
  <Location{match} {place}>
    AuthType Digest
    AuthName "{realm}"
    AuthUserFile {file}
    Require valid-user
  </Location{match}>
</VirtualHost>
"""


@pytest.mark.parametrize(
    ("match", "place"),
    [
        ("", "/mailman/private/arbcom-l"),
        ("", "/pipermail/arbcom-l/"),
        ("", '"/pipermail/arbcom-l"'),
        ("Match", r"^/(mailman/private|pipermail)/arbcom\-l(/.*)?$"),
        ("Match", r'"^/pipermail/arbcom-l"'),
        ("", r"~ ^/mailman/private/arbcom-l"),
    ],
)
def test_guards_become_entries_without_passwords(match: str, place: str) -> None:
    found, _renamed = adopted(GUARD.format(match=match, place=place, realm="arbcom-l archive", file=USERS))
    assert found.variables["apache_digest_archives"] == [
        {"list": "arbcom-l@lists.example.org", "users": [{"name": "alice"}], "users_from": USERS}
    ]
    found, _renamed = adopted(GUARD.format(match=match, place=place, realm="Arb", file=USERS))
    (entry,) = found.variables["apache_digest_archives"]
    assert entry["realm"] == "Arb" and [user["name"] for user in entry["users"]] == ["bob", "{{ x }}"]


@pytest.mark.parametrize("place", ["/private", "/pipermail", "/mailman/private/gone", "/server-status"])
def test_guards_of_what_is_no_archive_are_said(place: str) -> None:
    found, _renamed = adopted(GUARD.format(match="", place=place, realm="Arb", file=USERS))
    assert "apache_digest_archives" not in found.variables
    assert place in found.notes[SITE][0]


def test_a_guarded_folder() -> None:
    text = (
        "<Directory /var/lib/mailman/archives/private/arbcom-l>\nAuthType Digest\nAuthName x\n</Directory>\n"
        "<Directory /srv>\nAuthType Basic\nAuthName x\n</Directory>\n"
    )
    found, _renamed = adopted(text)
    assert found.variables == {"apache_digest_archives": [{"list": "arbcom-l@lists.example.org", "realm": "x"}]}
    assert found.notes == {}


def test_the_certificate_of_the_site() -> None:
    text = "<VirtualHost *:{0}>\nServerName {1}\n{2}</VirtualHost>\n"
    keys = "SSLCertificateFile /etc/ssl/a.pem\nSSLCertificateKeyFile /etc/ssl/a.key\n"
    found, _renamed = adopted(text.format(80, "lists.example.org", "") + text.format(443, "Lists.Example.org", keys))
    assert found.variables == {
        "apache_tls": "given",
        "apache_tls_certificate": "/etc/ssl/a.pem",
        "apache_tls_key": "/etc/ssl/a.key",
    }
    assert adopted(text.format(80, "lists.example.org", ""))[0].variables == {"apache_tls": "off"}
    assert adopted(text.format(443, "other.example.org", keys))[0].variables == {}


def test_a_mailman_without_a_site_of_its_own() -> None:
    """Its pages are in conf-enabled, for whichever site."""
    found = Found()
    found.variables["mailman_web_https"] = False
    apache.read({}, {}, Names(LISTS, ["lists.example.org"], "mailman21"), "lists.example.org", found)
    assert found.variables["apache_tls"] == "off"


def test_other_names_of_the_site_that_goes() -> None:
    text = "<VirtualHost *:80>\nServerName {0}\nServerAlias {1} www.example.org\n</VirtualHost>\n"
    found, _renamed = adopted(text.format("lists.example.org", "Mail.example.org") * 2)
    assert found.variables["apache_server_aliases"] == ["mail.example.org", "www.example.org"]
    # it is the site of something else
    found, _renamed = adopted(text.format("club.example.org", "lists.example.org"))
    assert "apache_server_aliases" not in found.variables


def test_a_host_that_is_ours_already() -> None:
    text = """# Ansible managed
<VirtualHost *:443>
    ServerName lists.example.org
    ServerAlias a.example.org b.example.org
    DocumentRoot "/var/www/lists"
    SSLCertificateFile "/etc/ssl/private/lists.example.org-selfsigned.pem"
    Header always set Strict-Transport-Security "max-age=600"
    RedirectMatch temp "^/$" "/mailman3/hyperkitty/"
    Redirect temp "/a" "/b"
    <LocationMatch "(?i)x">
        AuthType Digest
        AuthName "Arb"
        AuthUserFile "/etc/apache2/digest/arbcom-l@lists.example.org.htdigest"
    </LocationMatch>
</VirtualHost>
"""
    moved = "page:old@lists.example.org new@lists.example.org\narchive:old.lists.example.org new@lists.example.org\n"
    found, renamed = adopted(text, "mailman3", path=apache.OWN, **{apache.MAP: moved, apache.ROBOTS: "User-agent: *\n"})
    assert renamed == {"new@lists.example.org": FOLLOWS}
    assert found.variables == {
        "apache_server_aliases": ["a.example.org", "b.example.org"],
        "apache_hsts_seconds": 600,
        "apache_redirects": [{"from": "/a", "to": "/b", "permanent": False}],
        "apache_index": "/mailman3/hyperkitty/",
        "apache_robots": "User-agent: *\n",
        "apache_digest_archives": [{"list": "arbcom-l@lists.example.org", "realm": "Arb"}],
    }
    assert found.notes == {}


@given(st.text(), st.sampled_from(["", "<Location /pipermail/arbcom-l>\nAuthType Digest\n", "RewriteRule "]))
def test_any_text_is_read(text: str, before: str) -> None:
    adopted(before + text)
    adopted(
        '    RedirectMatch temp "^/$" "/x"\n' + before + text,
        path=apache.OWN,
        **{apache.MAP: text, apache.ROBOTS: text},
    )


def test_hostile_patterns_take_no_time() -> None:
    adopted("RewriteRule ^/pipermail/" + "a(/.*)?" * 3000 + " /pipermail/" + "a/$1" * 3000 + " [R]\n")
    adopted("RewriteRule ^/pipermail/" + "a" * 50_000 + "! /pipermail/" + "(.*)$" * 5000 + " [R]\n")
