# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts that Mailman writes in the charset of a list's language, which may lack their characters. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.listops.mailman.plugins.module_utils._lists.model import ListSpec
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

# Mailman 3 writes ? into posts that are not plain text, and fails with digests. Its other texts become UTF-8.
DECORATIONS = tuple(
    "list:member:" + name
    for name in ("regular:header", "regular:footer", "digest:header", "digest:footer", "digest:masthead")
)
# Mailman 2.1 writes &#252; into mail.
MAIL_TEXTS = (
    *("msg_header", "msg_footer", "digest_header", "digest_footer", "welcome_msg", "goodbye_msg"),
    *("autoresponse_postings_text", "autoresponse_request_text", "autoresponse_owner_text"),
    *("dmarc_moderation_notice", "dmarc_wrapped_message_text"),
)
LANGUAGE = "preferred_language"


def _texts(spec: ListSpec, hello: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str]]:
    """Key, language (None: the list's own) and text."""
    for name in DECORATIONS:
        given = spec.templates.get(name) or {}
        for code, text in given.items() if isinstance(given, Mapping) else [(None, given)]:
            yield "templates." + name, code, text
    if hello["engine"] == "mailman21":
        for name in MAIL_TEXTS:
            yield name, None, spec.settings.get(name) or ""


def wanted_settings(specs: Iterable[ListSpec], hello: Mapping[str, Any]) -> list[str]:
    """The settings that must be read to see whether texts can be shown."""
    concerned = any(
        "display_name" in spec.settings or any(text for _key, _code, text in _texts(spec, hello)) for spec in specs
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
    hello: Mapping[str, Any],
) -> list[str]:
    """Refuse texts that nobody could read; what to say of names that go wrong.

    actual: state of the lists by their present names, see plan.plan_list.
    hello: "charsets" is language -> charset, "default_language" that of new lists.
    """
    warnings = []
    for spec in specs:
        if spec.state == "absent":
            continue
        have = next((actual[name] for name in (spec.name, *spec.renamed_from) if name in actual), None)
        own = spec.settings.get(LANGUAGE) or (have and have["settings"].get(LANGUAGE)) or hello["default_language"]
        for key, code, text in _texts(spec, hello):
            language = code or own
            charset = hello["charsets"].get(language, "utf-8")
            lacking = _lacking(text, charset)
            if lacking:
                raise Invalid(
                    "list {0}: {1} has {2!r}, which {3}, the charset of {4}, lacks; accepted: text in {3}, {5}".format(
                        spec.name, key, lacking, charset, language, _remedy(language, hello)
                    )
                )
        charset = hello["charsets"].get(own, "utf-8")
        lacking = _lacking(spec.settings.get("display_name", ""), charset)
        if lacking and hello["engine"] == "mailman3":
            warnings.append(
                "list {0}: display_name has {1!r}, which {2}, the charset of {3}, lacks: footers and digests that name "
                "the list go wrong; set {4}".format(spec.name, lacking, charset, own, _remedy(own, hello))
            )
    return warnings


def _remedy(language: str, hello: Mapping[str, Any]) -> str:
    if hello["engine"] == "mailman21":
        return "or another preferred_language"
    return "another preferred_language, or mailman_settings: {{language.{0}: {{charset: utf-8}}}}".format(language)
