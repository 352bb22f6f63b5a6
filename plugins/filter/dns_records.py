# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records that a list server needs."""

from __future__ import annotations

DOCUMENTATION = r"""
name: dns_records
short_description: DNS records to publish for mail domains
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Gives the addresses of the mail and the web host, their names by address, and for each mail domain where its mail goes (MX), which
    hosts send mail in its name (SPF), and what to do with mail that others forged (DMARC), with the key that signs mail (DKIM), if there
    is one.
  - The policy for forged mail is V(none) without DKIM, since mail that somebody forwards looks forged then.
positional: host, addresses
options:
  _input:
    description: The mail domains.
    type: list
    elements: str
    required: true
  host:
    description: The full name of the host that takes and sends the mail.
    type: str
    required: true
  addresses:
    description: Its addresses on the Internet, IPv4 and IPv6.
    type: list
    elements: str
    required: true
  web_host:
    description: The name of the web site.
    type: str
    default: ""
  smarthost:
    description: The host that sends the mail for this one.
    type: str
    default: ""
  reports_to:
    description: The address that gets reports on forged mail.
    type: str
    default: ""
  dkim:
    description: The key that signs mail, if there is one.
    type: dict
    suboptions:
      domain:
        description: The domain that signs.
        type: str
        required: true
      selector:
        description: The name of the key.
        type: str
        required: true
      public_key:
        description: The public key, in PEM.
        type: str
        required: true
"""

EXAMPLES = r"""
- name: Show what to publish
  ansible.builtin.debug:
    msg: "{{ ['lists.example.org'] | listops.mailman.dns_records('mail.example.org', ['192.0.2.25']) }}"
"""

RETURN = r"""
_value:
  description: >-
    Dictionaries with C(name), C(type), C(value), and C(role): V(address), V(reverse), V(mx), V(spf), V(dmarc) or V(dkim).
  type: list
  elements: dict
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.plugin_utils import dns


def dns_records(domains: list[str], host: str, addresses: list[str], **options: object) -> list[dns.Record]:
    """The records; see DOCUMENTATION."""
    try:
        return dns.records(domains, host, addresses, **options)  # type: ignore[arg-type]
    except ValueError as exc:
        raise AnsibleFilterError(f"listops.mailman.dns_records: {exc}.") from exc


class FilterModule:
    def filters(self) -> dict[str, Callable[..., object]]:
        return {"dns_records": dns_records}
