# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The templates of Mailman 3's lists. Runs in Mailman's interpreter.

A template is a file below Mailman's own directory of templates, which it reads
each time it needs it. An entry in its table of templates points there, because
an entry of the domain or of the site (the web interface makes such) would win
over a file alone, and so that REST shows where the text comes from.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import replace_file

# A text for all languages is stored under this one, which every Mailman has.
EVERY = "en"
# URIs in the table of templates, for a text for every language and for texts by language. Mailman fills in the placeholders.
URIS = {
    True: "mailman:///$list_id/" + EVERY + "/{0}.txt",
    False: "mailman:///$list_id/$language/{0}.txt",
}


def urls(config: Any) -> list[str]:
    """The placeholders for web pages that this Mailman has; up to 3.3.8 none."""
    patterns = getattr(config, "urlpatterns", None)
    return [] if patterns is None else sorted(["base_url"] + [key + "_url" for key in patterns])


class Templates:
    """Reads templates, and writes them within the transaction of the caller."""

    def __init__(self, config: Any) -> None:
        self.folder = os.path.join(config.TEMPLATE_DIR, "lists")
        self.store = config.db.store

    # ---- reading

    def read(self, lists: Mapping[str, str], names: Iterable[str] | None) -> dict[str, dict[str, Any]]:
        """The templates that are not Mailman's own, by list-id and name: see model.ListSpec.

        lists: list-id -> posting address.
        names: of the templates, None for all.
        A template from elsewhere is {"uri": where}; one with an entry but without a file is {}.
        """
        wanted = None if names is None else set(names)
        out: dict[str, dict[str, Any]] = {list_id: {} for list_id in lists}
        if wanted is not None and not wanted:
            return out
        entries = self._entries()
        there = set(os.listdir(self.folder)) if os.path.isdir(self.folder) else set()
        for list_id, address in lists.items():
            texts: dict[str, dict[str, str]] = {}
            for folder in (address, list_id):
                if folder in there:
                    self._files(folder, wanted, texts)
            for name in list(texts) + [name for name in entries.get(list_id, ()) if name not in texts]:
                if wanted is not None and name not in wanted:
                    continue
                text = self._text(name, texts.get(name, {}), entries.get(list_id, {}).get(name))
                if text is None:
                    wider = (entries.get(context, ()) for context in (address.partition("@")[2], None))
                    text = "" if any(name in known for known in wider) else texts[name]
                if text != "":
                    out[list_id][name] = text
        return out

    @staticmethod
    def _text(name: str, texts: dict[str, str], uri: str | None) -> Any:
        """The template that an entry points to; None without an entry."""
        if uri is None:
            return None
        if uri == URIS[True].format(name):
            return texts.get(EVERY, {})
        return texts if uri == URIS[False].format(name) else {"uri": uri}

    def _entries(self) -> dict[str | None, dict[str, str]]:
        """Mailman's table of templates: context (list-id, domain, or None for the site) -> name -> URI."""
        from mailman.model.template import Template
        from sqlalchemy import select

        out: dict[str | None, dict[str, str]] = {}
        for context, name, uri in self.store.execute(select(Template.context, Template.name, Template.uri)):
            out.setdefault(context, {})[name] = uri
        return out

    def _files(self, folder: str, wanted: set[str] | None, texts: dict[str, dict[str, str]]) -> None:
        """Add the texts in files of one list: name -> language -> text."""
        base = os.path.join(self.folder, folder)
        for language in sorted(os.listdir(base)):
            if not os.path.isdir(os.path.join(base, language)):
                continue
            for file in os.listdir(os.path.join(base, language)):
                name, dot, extension = file.rpartition(".")
                if extension == "txt" and dot and (wanted is None or name in wanted):
                    with open(os.path.join(base, language, file), encoding="utf-8", errors="replace") as handle:
                        texts.setdefault(name, {})[language] = handle.read()

    # ---- writing

    def write(self, mlist: Any, texts: Mapping[str, Any]) -> None:
        """Set templates by name; an empty text restores Mailman's own."""
        from mailman.interfaces.template import ITemplateManager
        from zope.component import getUtility

        manager = getUtility(ITemplateManager)
        for name, text in texts.items():
            by_language = text if isinstance(text, dict) else {EVERY: text} if text else {}
            for language, value in by_language.items():
                folder = os.path.join(self.folder, mlist.list_id, language)
                os.makedirs(folder, exist_ok=True)
                replace_file(os.path.join(folder, name + ".txt"), value)
            if text:
                manager.set(name, mlist.list_id, URIS[not isinstance(text, dict)].format(name))
            else:
                manager.delete(name, mlist.list_id)
            self._remove_others(mlist, name, by_language)

    def _remove_others(self, mlist: Any, name: str, keep: Iterable[str]) -> None:
        """Remove the files of a template in other languages, and in the directory of old Mailmans."""
        for folder, kept in ((mlist.list_id, keep), (mlist.fqdn_listname, ())):
            base = os.path.join(self.folder, folder)
            for language in os.listdir(base) if os.path.isdir(base) else ():
                path = os.path.join(base, language, name + ".txt")
                if language not in kept and os.path.isfile(path):
                    os.unlink(path)

    def forget(self, list_id: str) -> None:
        """Remove the entries of a list from the table of templates; for its files, see folders."""
        from mailman.model.template import Template

        self.store.query(Template).filter(Template.context == list_id).delete(synchronize_session=False)

    def folders(self, list_id: str, address: str) -> list[str]:
        """The folders with a list's templates: by list-id, and by the name that old Mailmans used."""
        return [os.path.join(self.folder, name) for name in (list_id, address)]
