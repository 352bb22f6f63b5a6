#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_person
short_description: Remove a person from every mailing list
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Removes somebody from all lists of the host, or from the private ones, in every role, in one task.
  - The case of addresses does not matter. On Mailman 3 the other addresses of the same user are removed, too.
  - Nobody gets a goodbye message. Remove the person from the inventory, too, or the next run adds them again.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  diff_mode:
    support: full
options:
  addresses:
    description: The addresses of the person, or one.
    type: list
    elements: str
    required: true
    aliases: [address]
  lists:
    description: Which lists. V(private) are those whose archive is private.
    type: str
    choices: [all, private]
    default: all
  roles:
    description: The roles that the person loses.
    type: list
    elements: str
    choices: [member, owner, moderator, nonmember]
    default: [member, owner, moderator, nonmember]
  all_addresses:
    description: Whether the person's other addresses that Mailman knows of are meant, too.
    type: bool
    default: true
  ban:
    description: Whether the addresses are banned from the lists, so that they can neither post nor come back.
    type: bool
    default: false
  successor:
    description:
      - The address of a person who becomes owner of lists that would have no owner left.
      - Without it such lists are an error that names them, before anything is changed.
    type: str
  allow_ownerless:
    description: Whether lists may be left without an owner. Disabled lists always may.
    type: bool
    default: false
seealso:
  - module: listops.mailman.mailman_member
"""

EXAMPLES = r"""
- name: Dave has left
  listops.mailman.mailman_person:
    address: dave@example.net
    successor: list-admin@example.org

- name: No private list for Mallory, ever again
  listops.mailman.mailman_person:
    addresses: [mallory@example.net, mallory@example.com]
    lists: private
    ban: true
"""

RETURN = r"""
removed:
  description: What was removed, or would be in check mode.
  returned: success
  type: list
  elements: dict
  sample: [{"list": "wikitech-l@lists.example.org", "role": "member", "address": "dave@example.net"}]
addresses:
  description: All addresses that were looked for.
  returned: success
  type: list
  elements: str
  sample: [dave@example.com, dave@example.net]
lists:
  description: The lists that changed, or would change, as M(listops.mailman.mailman_member) returns them.
  returned: success
  type: list
  elements: dict
  sample: []
summary:
  description: Counts, as M(listops.mailman.mailman_member) returns them.
  returned: success
  type: dict
  sample: {"lists_changed": 1, "members_removed": 1}
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure, of_failed
from ansible_collections.listops.mailman.plugins.module_utils._lists import offboarding, report, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.plan import ListPlan, Policy, plan_site
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def checked_leaving(params: Mapping[str, Any]) -> offboarding.Offboarding:
    """Who leaves, from a module's parameters; Invalid when that makes no sense."""
    addresses = frozenset(vocabulary.kept_address("addresses", item).lower() for item in params["addresses"])
    if not addresses:
        raise vocabulary.refuse("addresses", params["addresses"], "one address or more")
    successor = params["successor"]
    if successor is not None:
        successor = vocabulary.address("successor", successor)
    return offboarding.Offboarding(
        addresses, tuple(dict.fromkeys(params["roles"])), params["ban"], successor, params["allow_ownerless"]
    )


def planned(
    backend: ListBackend, leaving: offboarding.Offboarding, *, all_addresses: bool, only_private: bool
) -> tuple[list[ListPlan], list[str]]:
    """The plans, and all addresses that were looked for. all_addresses: also the other ones of the same users."""
    if all_addresses:
        leaving = leaving._replace(addresses=frozenset(backend.aliases(leaving.addresses)))
    taken = leaving.addresses.union(backend.info.lists)
    if leaving.successor is not None and leaving.successor.lower() in taken:
        raise vocabulary.refuse("successor", leaving.successor, "somebody else's address, which is no list's")
    lists = backend.read(settings=["archive_policy"], rosters=list(leaving.roles))
    chosen = {
        name: entry
        for name, entry in lists.items()
        if not only_private or entry["settings"]["archive_policy"] == "private"
    }
    specs = offboarding.leave(chosen, leaving)
    # The successor replaces however many addresses the person owned a list with.
    return plan_site(specs, lists, Policy(allow_shrink=True)), sorted(leaving.addresses)


def applied(backend: ListBackend, plans: list[ListPlan], check_mode: bool) -> None:
    """Carry out the plans; whoever leaves has not left while a list cannot be read, which is in nobody else's way."""
    failed = dict(backend.unreadable)
    steps = [plan.step for plan in plans if plan.step]
    if steps and not check_mode:
        failed.update(backend.apply(steps))
    if failed:
        raise HostError(of_failed(failed, done=not check_mode))


def main() -> None:
    roles = list(vocabulary.ROLES)
    module = AnsibleModule(
        argument_spec=dict(
            addresses=dict(type="list", elements="str", required=True, aliases=["address"]),
            lists=dict(type="str", choices=["all", "private"], default="all"),
            roles=dict(type="list", elements="str", choices=roles, default=roles),
            all_addresses=dict(type="bool", default=True),
            ban=dict(type="bool", default=False),
            successor=dict(type="str"),
            allow_ownerless=dict(type="bool", default=False),
            **CONNECTION_SPEC,
        ),
        supports_check_mode=True,
    )
    try:
        leaving = checked_leaving(module.params)
        with open_backend(Connection.of(module.params), readonly=module.check_mode) as backend:
            plans, addresses = planned(
                backend,
                leaving,
                all_addresses=module.params["all_addresses"],
                only_private=module.params["lists"] == "private",
            )
            applied(backend, plans, module.check_mode)
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    module.exit_json(**report.result(plans, 0), removed=offboarding.removed(plans), addresses=addresses)


if __name__ == "__main__":
    main()
