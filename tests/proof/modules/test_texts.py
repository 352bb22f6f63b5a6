# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that an owner may change, as REST and Mailman's own search for templates see them."""

from __future__ import annotations

import json
from typing import Any

from support.controller import Controller
from support.ladder import DOMAIN, INFO, LIST, assert_idempotent, refusal
from support.mail_server import MailServer
from support.proved import Proved

FOOTER = "list:member:regular:footer"
WELCOME = "list:user:notice:welcome"
# What Mailman itself takes for a text, by language.
PROGRAM = """
import json, os, sys
os.chdir('/')
from mailman.core.initialize import initialize
initialize()
from mailman.interfaces.listmanager import IListManager
from mailman.interfaces.template import ITemplateLoader
from zope.component import getUtility
mlist = getUtility(IListManager).get(sys.argv[1])
load = getUtility(ITemplateLoader).get
print(json.dumps({code: load(sys.argv[2], mlist, language=code) for code in ('en', 'de', 'fr')}))
"""


def in_use(fermium: MailServer, name: str, text: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(
        fermium.check("runuser", "-u", "list", "--", "python3", "-c", PROGRAM, name, text)
    )
    return found


def uris(fermium: MailServer, name: str) -> dict[str, Any]:
    return {entry["name"]: entry["uri"] for entry in fermium.entries(f"lists/{name}/uris")}


def texts(fermium: MailServer, name: str) -> list[Any]:
    return [uris(fermium, name), in_use(fermium, name, FOOTER), in_use(fermium, name, WELCOME)]


def test_texts(controller: Controller, fermium: MailServer, name: str, proved: Proved) -> None:
    list_id = name.replace("@", ".")
    controller.task(LIST, name=name)
    own = in_use(fermium, name, FOOTER)
    welcome = {"de": "Willkommen bei $listname\n", "fr": "Bienvenue à $listname\n"}
    footer = "--\n${display_name}: 100 $$\n"
    applied = ladder(controller, fermium, name, templates={FOOTER: footer, WELCOME: welcome})
    assert applied["lists"][0]["changes"][FOOTER] == {"before": None, "after": footer}
    assert set(in_use(fermium, name, FOOTER).values()) == {footer}, "not for every language"
    greeting = in_use(fermium, name, WELCOME)
    assert (greeting["de"], greeting["fr"]) == (welcome["de"], welcome["fr"]) and "Welcome" in greeting["en"]
    assert set(uris(fermium, name)) == {FOOTER, WELCOME}
    assert controller.task(INFO, list=name)["lists"][name]["templates"] == {FOOTER: footer, WELCOME: welcome}

    # Somebody chooses another text in the web interface, for the list and for the domain.
    elsewhere = {FOOTER: "file:///etc/debian_version"}
    fermium.rest("PATCH", f"lists/{name}/uris", **elsewhere)
    fermium.rest("PATCH", f"domains/{DOMAIN}/uris", **elsewhere)
    try:
        applied = ladder(controller, fermium, name, templates={FOOTER: footer})
        assert applied["lists"][0]["changes"][FOOTER]["before"] == {"uri": elsewhere[FOOTER]}
        assert set(in_use(fermium, name, FOOTER).values()) == {footer}
    finally:
        fermium.rest("PATCH", f"domains/{DOMAIN}/uris", **{FOOTER: ""})

    applied = ladder(controller, fermium, name, templates={FOOTER: "", WELCOME: {"de": welcome["de"]}})
    assert applied["lists"][0]["changes"][FOOTER] == {"before": footer, "after": None}
    assert in_use(fermium, name, FOOTER) == own
    assert in_use(fermium, name, WELCOME)["fr"] != welcome["fr"]

    controller.task(LIST, name=name, state="absent")
    assert fermium.run("ls", f"/var/lib/mailman3/templates/lists/{list_id}")["rc"] != 0
    controller.task(LIST, name=name)
    assert uris(fermium, name) == {} and in_use(fermium, name, WELCOME)["de"] != welcome["de"]
    proved("texts for every language and by language, shown, restored, and gone with the list")


def ladder(controller: Controller, fermium: MailServer, name: str, **options: Any) -> dict[str, Any]:
    """Of texts, REST says only where they are from."""
    return assert_idempotent(controller, fermium, LIST, look=lambda _host: texts(fermium, name), name=name, **options)


def test_bad_texts_are_refused(controller: Controller, proved: Proved) -> None:
    for templates, sentence in (
        ({"footer": "x"}, "list x: 'footer' is not an option here (templates): give an option such as list:member"),
        (
            {FOOTER: "$lisname"},
            f"list x: templates.{FOOTER} has $lisname, which Mailman does not fill in there: give",
        ),
        ({FOOTER: {"tlh": "x"}}, f"list x@{DOMAIN}: templates.{FOOTER} in language is 'tlh': give "),
    ):
        message = refusal(controller, LIST, name="x", templates=templates)
        assert sentence in message and "\n" not in message
    proved("a text of no such name, with no such placeholder or in no such language is refused", "3 sentences")
