#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_password
short_description: Set the site's passwords of Mailman 2.1, and make new list passwords
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Sets the passwords of a Mailman 2.1 site, which open every list.
  - Makes new administrator passwords for lists and mails them to the owners, once for each reason. A list that cannot be read or has no
    owner is an error that names it; the other lists get theirs all the same.
  - A known password of one list is an option of M(listops.mailman.mailman_list), under O(listops.mailman.mailman_list#module:settings),
    V(admin_password), V(moderator_password) or V(poster_password).
  - Mailman 3 has no such passwords, since its owners log in with accounts of their own. The module fails there.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  diff_mode:
    support: full
    details: Says which passwords change, never what they are.
options:
  site_password:
    description: The password of the site's administrator.
    type: str
  creator_password:
    description: The password of those who may create lists, and nothing else.
    type: str
  lists:
    description: The lists, as V(name) or V(name@domain), whose owners get a new password.
    type: list
    elements: str
  domain:
    description: The domain of lists whose name has none. Not needed when Mailman has only one.
    type: str
  reason:
    description:
      - What the new passwords of O(lists) are for, in any words, such as V(handover 2026-11).
      - A list whose last new password had the same reason is left alone, so that the owners are told once.
    type: str
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: The site's passwords
  listops.mailman.mailman_password:
    site_password: "{{ vault_mailman_site_password }}"
    creator_password: "{{ vault_mailman_creator_password }}"

- name: The owner of a list has lost its password
  listops.mailman.mailman_password:
    lists: [wikitech-l]
    reason: lost by the owner, ticket 4711
"""

RETURN = r"""
changes:
  description: What changed, or would in check mode, as C(site_password), C(creator_password) or the address of a list.
  returned: success, and when a list failed, of the others
  type: list
  elements: str
  sample: [wikitech-l@lists.example.org]
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.choose import choose
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._lists import model
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import Mailman21


def passwords(params: Mapping[str, Any]) -> dict[str, str]:
    """The declared passwords of the site, by their names in Mailman's program."""
    found = {"site": params["site_password"], "creator": params["creator_password"]}
    for name, value in found.items():
        if value == "":
            raise Invalid(
                "{0}_password is empty: give a password, without which Mailman would let nobody in".format(name)
            )
    return {name: value for name, value in found.items() if value is not None}


def run(params: Mapping[str, Any], check_mode: bool) -> tuple[list[str], dict[str, str]]:
    """Set what differs, or only find it; see Mailman21.set_passwords."""
    site = passwords(params)
    connection = Connection.of(params)
    if choose(connection) != "mailman21":
        raise Invalid("this Mailman has no passwords of its own; mailman_password is for Mailman 2.1")
    with Mailman21(connection) as backend:
        addresses = model.chosen_lists(params["lists"] or [], params["domain"], backend.info.domains)
        return backend.set_passwords(site, addresses, params["reason"], check_mode=check_mode)


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            site_password=dict(type="str", no_log=True),
            creator_password=dict(type="str", no_log=True),
            lists=dict(type="list", elements="str"),
            domain=dict(type="str"),
            reason=dict(type="str"),
            **CONNECTION_SPEC,
        ),
        required_together=[("lists", "reason")],
        required_one_of=[("site_password", "creator_password", "lists")],
        supports_check_mode=True,
    )
    try:
        changes, failed = run(module.params, module.check_mode)
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    diff = {
        "before": "".join("{0}: (a password)\n".format(name) for name in changes),
        "after": "".join("{0}: (another password)\n".format(name) for name in changes),
    }
    result = dict(changed=bool(changes), changes=changes, diff=diff)
    if failed:
        module.fail_json(msg=of_failed(failed, done=bool(changes) and not module.check_mode), **result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
