#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_info
short_description: Ask the DNS for records
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Asks for several records at once, with the library dnspython, which each host with Mailman 3 has.
  - A name without such a record has no values; a question that nobody answers is an error.
extends_documentation_fragment:
  - listops.mailman.attributes
attributes:
  diff_mode:
    support: N/A
  idempotent:
    details:
      - It only looks.
requirements:
  - dnspython 2.0 or newer (Debian's package C(python3-dnspython)) where the module runs
options:
  questions:
    description: What to ask for, such as what P(listops.mailman.dns_records#filter) gives.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The name.
        type: str
        required: true
      type:
        description: The kind of record.
        type: str
        required: true
        choices: [A, AAAA, MX, PTR, TXT]
      value:
        description: Not used.
        type: str
      role:
        description: Not used.
        type: str
  servers:
    description: Addresses of the servers to ask; by default those that the host asks.
    type: list
    elements: str
    default: []
  timeout:
    description: How many seconds to wait for each answer.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Ask where the mail of a domain goes
  listops.mailman.dns_info:
    questions:
      - {name: lists.example.org, type: MX}
  register: dns
"""

RETURN = r"""
answers:
  description: The questions, each with what was found. Names are in lower case, without a dot at the end. Strings of a text are joined.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: As asked.
      type: str
      returned: always
    type:
      description: As asked.
      type: str
      returned: always
    found:
      description: What the DNS has, sorted.
      type: list
      elements: str
      returned: always
  sample: [{"name": "lists.example.org", "type": "MX", "found": ["10 mail.example.org"]}]
"""

import traceback
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

DNSPYTHON_ERROR: str | None
try:
    import dns.exception
    import dns.resolver
except ImportError:
    DNSPYTHON_ERROR = traceback.format_exc()
else:
    DNSPYTHON_ERROR = None


def text(data: Any) -> str:
    """The data of a record as a zone file has them, but for what only such a file needs."""
    if hasattr(data, "strings"):
        return b"".join(data.strings).decode("utf-8", "replace")
    return str(data.to_text()).rstrip(".").lower()


def ask(resolver: Any, name: str, kind: str) -> list[str]:
    """The values of a record; raises DNSException when nobody answers."""
    try:
        return sorted(map(text, resolver.resolve(name.rstrip(".") + ".", kind)))
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []


def resolver_of(servers: list[str], timeout: float) -> Any:
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        resolver.nameservers = servers
    resolver.lifetime = timeout
    return resolver


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            questions=dict(
                type="list",
                elements="dict",
                required=True,
                options=dict(
                    name=dict(type="str", required=True),
                    type=dict(type="str", required=True, choices=["A", "AAAA", "MX", "PTR", "TXT"]),
                    value=dict(type="str"),
                    role=dict(type="str"),
                ),
            ),
            servers=dict(type="list", elements="str", default=[]),
            timeout=dict(type="float", default=10),
        ),
        supports_check_mode=True,
    )
    if DNSPYTHON_ERROR:
        module.fail_json(msg=missing_required_lib("dnspython"), exception=DNSPYTHON_ERROR)
    resolver = resolver_of(module.params["servers"], module.params["timeout"])
    answers = []
    for question in module.params["questions"]:
        name, kind = question["name"], question["type"]
        try:
            answers.append({"name": name, "type": kind, "found": ask(resolver, name, kind)})
        except dns.exception.DNSException as exc:
            module.fail_json(msg="Nobody answers for {0} {1}: {2}".format(name, kind, exc))
    module.exit_json(changed=False, answers=answers)


if __name__ == "__main__":
    main()
