# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts with characters that the charset of a list's language lacks. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# With such characters here, Mailman 3 writes ? into posts that are not plain text, and fails with digests. Its other texts become UTF-8.
DECORATIONS = tuple(
    "list:member:" + name
    for name in ("regular:header", "regular:footer", "digest:header", "digest:footer", "digest:masthead")
)
LANGUAGE = "preferred_language"


def _texts(spec: ListSpec, info: ServerInfo) -> Iterator[tuple[str, str | None, str]]:
    """Key, language (None: the list's own) and text."""
    for name in DECORATIONS:
        given = spec.templates.get(name) or {}
        for code, text in given.items() if isinstance(given, Mapping) else [(None, given)]:
            yield "templates." + name, code, text
    for name in info.charset_settings:
        yield name, None, spec.settings.get(name) or ""


def wanted_settings(specs: Iterable[ListSpec], info: ServerInfo) -> list[str]:
    """The settings to read for this check."""
    concerned = any(
        "display_name" in spec.settings or any(text for _key, _code, text in _texts(spec, info)) for spec in specs
    )
    return [LANGUAGE] if concerned else []


def _lacking(text: str, charset: str) -> str:
    """The first character of a text that a charset lacks, or an empty text."""
    try:
        text.encode(charset)
    except UnicodeEncodeError as exc:
        return text[exc.start]
    except LookupError:
        # Mailman's Python may know it.
        pass
    return ""


def check(
    specs: Iterable[ListSpec],
    actual: Mapping[str, Mapping[str, Any]],
    info: ServerInfo,
) -> list[str]:
    """Refuse texts that nobody could read; what to say of names that go wrong.

    actual: state of the lists by their present names, see plan.plan_list.
    """
    warnings = []
    for spec in specs:
        if spec.state == "absent":
            continue
        have = next((actual[name] for name in (spec.name, *spec.renamed_from) if name in actual), None)
        own = spec.settings.get(LANGUAGE) or (have and have["settings"].get(LANGUAGE)) or info.default_language
        for key, code, text in _texts(spec, info):
            language = code or own
            charset = info.charsets.get(language, "utf-8")
            lacking = _lacking(text, charset)
            if lacking:
                raise Invalid(
                    "list {0}: {1} has {2!r}, which {3}, the charset of {4}, lacks: give text in {3}, {5}".format(
                        spec.name, key, lacking, charset, language, info.charset_remedy.format(language)
                    )
                )
        charset = info.charsets.get(own, "utf-8")
        lacking = _lacking(spec.settings.get("display_name", ""), charset)
        if lacking and info.charset_names:
            warnings.append(
                "list {0}: display_name has {1!r}, which {2}, the charset of {3}, lacks: footers and digests that name "
                "the list go wrong; set {4}".format(spec.name, lacking, charset, own, info.charset_remedy.format(own))
            )
    return warnings
