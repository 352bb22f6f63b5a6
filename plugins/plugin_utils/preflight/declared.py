# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks declared lists before a Mailman is asked. It reads only the shipped tables of settings."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists import model, naming
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

TABLES = Path(__file__).resolve().parents[3] / "roles/lists/files/mailman3"


class Words(NamedTuple):
    """The names of the variables that declare lists, as in the inventory."""

    lists: str
    defaults: str
    naming: str


@functools.lru_cache(maxsize=1)
def vocabulary_of_mailman3() -> dict[str, dict[str, Any]]:
    """The settings of a list that a supported Mailman 3 has, the newest last."""
    known: dict[str, dict[str, Any]] = {}
    for path in sorted(TABLES.glob("*.json"), key=lambda path: [int(part) for part in path.stem.split(".")]):
        known.update(json.loads(path.read_text(encoding="utf-8")))
    return known


def wrong_lists(
    lists: Sequence[Any],
    defaults: Mapping[str, Any],
    scheme: Mapping[str, Any],
    *,
    words: Words,
    domain: str,
    languages: Sequence[str] = (),
    engine: str,
) -> Iterator[str]:
    """Refusals of declared lists, one sentence for each list.

    domain: of names that have none. languages: those that the site adds. engine: the settings are checked for mailman3 only.
    """
    given = {"domain": domain, **{key: value for key, value in defaults.items() if value is not None}}
    try:
        naming.parse(scheme)
    except Invalid as exc:
        yield _renamed(str(exc), "naming", words.naming)
    try:
        model.check_defaults(given)
    except Invalid as exc:
        yield _renamed(str(exc), "defaults", words.defaults)
        given = {"domain": domain}
    specs = []
    for number, entry in enumerate(lists):
        try:
            spec = model.parse_list(entry, given)
            specs += _resolved([spec], domain, languages, engine)
        except Invalid as exc:
            yield "{0}[{1}]: {2}".format(words.lists, number, exc)
    try:
        _resolved(specs, domain, languages, engine)
        model.one_id_each(specs, ())
        if engine == "mailman3":
            model.one_name_each(specs)
    except Invalid as exc:
        yield "{0}: {1}".format(words.lists, exc)


def _renamed(sentence: str, beginning: str, name: str) -> str:
    return name + sentence[len(beginning) :] if sentence.startswith(beginning) else "{0}: {1}".format(name, sentence)


def _resolved(
    specs: Sequence[model.ListSpec], domain: str, languages: Sequence[str], engine: str
) -> list[model.ListSpec]:
    if engine == "mailman3":
        schema = dict(vocabulary_of_mailman3())
        spoken = schema["preferred_language"]
        schema["preferred_language"] = dict(spoken, choices=[*spoken["choices"], *languages])
    else:
        specs = [spec._replace(settings={}) for spec in specs]
        schema = {}
    return model.resolve(specs, domains=[domain], schema=schema)
