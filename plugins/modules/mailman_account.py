#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_account
short_description: Give a person an account in Mailman 3's web interface, and a link to set its password
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Owners and moderators of Mailman 3's lists use its web interface with an account that has confirmed their address. This module makes
    sure that there is one, with the address confirmed, and mails its owner a link to set a password, like that of "forgotten password".
    Nobody else learns a password, because there is none until the link is used.
  - The link is mailed once for each O(reason). It works once, and for as long as the web interface says
    (C(PASSWORD_RESET_TIMEOUT), three days unless it is set).
  - Another account that has the address without having confirmed it loses the address.
  - What the account may do depends on the roles of the address, see M(listops.mailman.mailman_member). The playbook C(credentials) does
    both.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.web
attributes:
  diff_mode:
    support: full
options:
  address:
    description: The person's address.
    type: str
    required: true
  reason:
    description:
      - What the link is for, in any words, such as V(lost, ticket 4711). An account whose link for the same reason was mailed is not
        mailed again, so the person is told once.
      - Without it a link is mailed only to an account that has no password and was never mailed one.
    type: str
  lists:
    description:
      - The posting addresses of the lists that the mail names. They do not change what the person may do.
    type: list
    elements: str
    default: []
  roles:
    description: The roles on O(lists) that the mail names.
    type: list
    elements: str
    choices: [owner, moderator]
    default: [owner]
seealso:
  - module: listops.mailman.mailman_member
  - module: listops.mailman.mailman_password
"""

EXAMPLES = r"""
- name: A new owner can log in
  listops.mailman.mailman_account:
    address: new-owner@example.org
    lists: [wikitech-l@lists.example.org]

- name: An owner who lost the first link
  listops.mailman.mailman_account:
    address: new-owner@example.org
    reason: the first link is too old, ticket 4711
"""

RETURN = r"""
changes:
  description: What changed, or would in check mode, one sentence each.
  returned: success
  type: list
  elements: str
  sample: ["an account of new-owner@example.org, without password", "a link to set a password, mailed to new-owner@example.org"]
name:
  description: The account's name; null when it does not exist yet in check mode.
  returned: success
  type: str
  sample: new-owner
mailed:
  description: Whether a link was mailed, or would be in check mode.
  returned: success
  type: bool
  sample: true
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.module_utils._accounts import plan as accounts
from ansible_collections.listops.mailman.plugins.module_utils._accounts.client import Accounts
from ansible_collections.listops.mailman.plugins.module_utils._argspec import WEB_SPEC, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def run(params: Mapping[str, Any], check_mode: bool) -> dict[str, Any]:
    """The result of the module."""
    address = vocabulary.address("address", params["address"]).lower()
    reason = params["reason"]
    if reason is not None:
        reason = vocabulary.line("reason", reason).strip()
    lists = [vocabulary.address("lists", name).lower() for name in params["lists"]]
    with Accounts(WebInterface.of(params)) as there:
        found = there.look(address)
        steps = accounts.plan(address, found, reason, list(dict.fromkeys(lists)), list(dict.fromkeys(params["roles"])))
        name = found["holder"] and found["holder"]["name"]
        if steps and not check_mode:
            name = there.apply(address, [step.request for step in steps])
    said = [visible.sentence(step.said) for step in steps]
    return {
        "changed": bool(steps),
        "changes": said,
        "name": name,
        "mailed": any("mail" in step.request for step in steps),
        "diff": {"before": "", "after": "".join(sentence + "\n" for sentence in said)},
    }


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            address=dict(type="str", required=True),
            reason=dict(type="str"),
            lists=dict(type="list", elements="str", default=[]),
            roles=dict(type="list", elements="str", choices=["owner", "moderator"], default=["owner"]),
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        module.exit_json(**run(module.params, module.check_mode))
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))


if __name__ == "__main__":
    main()
