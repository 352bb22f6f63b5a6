# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a list with Mailman 3's own types. Runs in Mailman's interpreter."""

from __future__ import annotations

from typing import Any


def schema(config: Any) -> dict[str, dict[str, Any]]:
    """Mailman's own table of the settings that an owner may change: name -> {"type", "choices"}."""
    from mailman.interfaces.languages import ILanguageManager
    from mailman.model.mailinglist import MailingList
    from mailman.rest import validator
    from mailman.rest.listconf import VALIDATORS
    from sqlalchemy import Boolean, Float, Integer, Interval, LargeBinary, PickleType
    from zope.component import getUtility

    # Since Mailman 3.3.9.
    at_lists = getattr(validator, "list_of_emails_or_regexp_or_atlist_validator", None)
    patterns = ("_nonmembers", "dmarc_addresses")
    out: dict[str, dict[str, Any]] = {}
    for name in VALIDATORS:
        column = MailingList.__table__.c.get(name)
        kind: dict[str, Any] = {"type": "str"}
        if name == "preferred_language":
            codes = sorted(str(language.code) for language in getUtility(ILanguageManager).languages)
            kind = {"type": "enum", "choices": codes}
        elif name == "posting_pipeline":
            kind = {"type": "enum", "choices": sorted(config.pipelines)}
        elif VALIDATORS[name].decoder is at_lists:
            kind = {"type": "senders"}
        elif name == "reply_to_address":
            kind = {"type": "address"}
        elif name == "acceptable_aliases":
            kind = {"type": "lower_patterns"}
        elif name.endswith(patterns):
            kind = {"type": "patterns"}
        elif column is None or isinstance(column.type, PickleType):
            kind = {"type": "list"}
        elif hasattr(column.type, "enum"):
            kind = {"type": "enum", "choices": [member.name for member in column.type.enum]}
        elif isinstance(column.type, LargeBinary):
            kind = {"type": "secret"}
        else:
            for cls, word in ((Boolean, "bool"), (Integer, "int"), (Float, "float"), (Interval, "interval")):
                if isinstance(column.type, cls):
                    kind = {"type": word}
        if name in ("description", "display_name", "subject_prefix"):
            kind = {"type": "line"}
        out[name] = kind
    return out


def plain(value: Any) -> Any:
    if hasattr(value, "total_seconds"):
        return int(value.total_seconds())
    if hasattr(value, "name") and hasattr(value, "value"):
        return value.name
    if isinstance(value, (list, tuple)):
        return list(value)
    return value


def assign(types: dict[str, dict[str, Any]], mlist: Any, values: dict[str, Any]) -> None:
    """Change settings of a list through Mailman's own table. types: see schema."""
    from datetime import timedelta

    from mailman.rest.listconf import ATTRIBUTES

    for name, value in values.items():
        kind = types[name]["type"]
        if kind == "interval":
            value = timedelta(seconds=value)
        elif kind == "secret":
            value = ATTRIBUTES[name].decoder(value)
        elif kind == "enum" and name not in ("preferred_language", "posting_pipeline"):
            value = type(mlist).__table__.c[name].type.enum[value]
        ATTRIBUTES[name].put(mlist, name, value)
