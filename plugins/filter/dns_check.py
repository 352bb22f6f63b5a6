# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records that a list server needs, and those that are published."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_check
short_description: Compare DNS records with those that are published
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Says of each record whether the DNS has it, or has another one that does as well, such as a policy of SPF that allows the host's
    addresses in other words, or any valid policy of DMARC.
positional: answers
options:
  _input:
    description: What the filter P(listops.mailman.dns_records#filter) gives.
    type: list
    elements: dict
    required: true
  answers:
    description: What M(listops.mailman.dns_info) answers of them.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Ask the DNS
  listops.mailman.dns_info:
    questions: "{{ wanted }}"
  register: dns

- name: Compare
  ansible.builtin.debug:
    msg: "{{ wanted | listops.mailman.dns_check(dns.answers) }}"
"""

RETURN = r"""
_value:
  description: >-
    Dictionaries with C(record), a line of a zone file; C(state), which is V(published), V(missing), V(different), or V(not judged) where a
    policy of SPF refers to others; C(found), what is published in its place; and C(said), all of
    it in a sentence.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.plugin_utils import dns


def dns_check(wanted: Sequence[dns.Record], answers: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """What is published; see DOCUMENTATION."""
    known = {(str(answer["name"]), str(answer["type"])): answer["found"] for answer in answers}
    return dns.check(wanted, known)  # type: ignore[arg-type]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"dns_check": dns_check}
