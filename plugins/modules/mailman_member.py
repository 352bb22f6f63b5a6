#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_member
short_description: Declare who is on which mailing lists
version_added: 0.1.0
author: The listops.mailman contributors (@listops)
description:
  - Makes people members, owners, moderators or nonmembers of one list, of several lists, or of every list on the host.
  - The case of addresses does not matter; a new person is shown with the spelling that you give.
  - Nobody gets a welcome or goodbye message unless O(send_welcome) or O(send_goodbye) is set.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.policy
attributes:
  diff_mode:
    support: full
options:
  address:
    description:
      - One person's address. Exactly one of O(address) and O(members) is needed.
    type: str
  members:
    description:
      - Many people, as addresses or as dictionaries with C(address) and any of C(display_name), C(delivery_mode),
        C(delivery_status) and C(moderation_action).
    type: list
    elements: raw
  lists:
    description:
      - The lists, as V(name) or V(name@domain). They must exist.
      - Exactly one of O(lists) and O(all_lists) is needed.
    type: list
    elements: str
    aliases: [list]
  all_lists:
    description: Every list on the host.
    type: bool
    default: false
  domain:
    description: The domain of lists whose name has none. Not needed when Mailman has only one.
    type: str
  state:
    description:
      - V(present), the people are there with the given options.
      - V(absent), they are not.
      - V(exact), they are there and nobody else is.
    type: str
    choices: [present, absent, exact]
    default: present
  role:
    description: The role of the people. A V(nonmember) is not subscribed, but has an action for posts.
    type: str
    choices: [member, owner, moderator, nonmember]
    default: member
  display_name:
    description: The person's name. Mailman 3 keeps one name for each address, for all lists.
    type: str
  delivery_mode:
    description: How posts are delivered.
    type: str
    choices: [regular, mime_digests, plaintext_digests, summary_digests]
  delivery_status:
    description: Whether posts are delivered, and if not, who disabled delivery. V(unknown) comes from lists of old Mailmans.
    type: str
    choices: [enabled, by_user, by_moderator, by_bounces, unknown]
  moderation_action:
    description: What happens to the person's posts. V(default) is the list's own default for the role.
    type: str
    choices: [default, accept, hold, reject, discard, defer]
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: One person, as typed by hand
  listops.mailman.mailman_member:
    list: wikitech-l
    address: alice@example.net
    display_name: Alice

- name: A digest member of two lists whose posts are held
  listops.mailman.mailman_member:
    lists: [wikitech-l, announce]
    address: bob@example.net
    delivery_mode: mime_digests
    moderation_action: hold

- name: Exactly these people
  listops.mailman.mailman_member:
    list: arbcom-l
    state: exact
    members:
      - alice@example.net
      - address: carol@example.net
        display_name: Carol

- name: Somebody is gone, from every list
  listops.mailman.mailman_member:
    all_lists: true
    address: dave@example.net
    state: absent
"""

RETURN = r"""
lists:
  description: The lists that changed, or would change in check mode.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Posting address.
      type: str
      sample: wikitech-l@lists.example.org
    action:
      description: Always V(changed).
      type: str
      sample: changed
    changes:
      description: The lines of the rosters that differ, by C(members), C(owners), C(moderators) or C(nonmembers).
      type: dict
      sample: {"members": {"before": [], "after": ["alice@example.net"]}}
    left_out:
      description: How many lines of C(changes) O(diff_limit) left out.
      type: int
      sample: 0
summary:
  description: Counts of lists changed and unchanged, and of memberships added, changed and removed.
  returned: success
  type: dict
  sample: {"lists_created": 0, "lists_changed": 1, "lists_removed": 0, "lists_unchanged": 0,
           "members_added": 1, "members_changed": 0, "members_removed": 0}
"""

from typing import Any, Callable, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._apply.options import POLICY_SPEC, TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._apply.reconcile import reconcile
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.server_info import ServerInfo
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def roster_of(params: Mapping[str, Any]) -> model.Roster:
    """The people in a module's parameters."""
    options = {key: params[key] for key in vocabulary.MEMBER_FIELDS if params[key] is not None}
    if params["address"] is not None:
        return model.parse_roster("address", [dict(options, address=params["address"])], params["state"])
    # Options given once hold for everybody who does not say otherwise.
    people = [dict(options, **(item if isinstance(item, dict) else {"address": item})) for item in params["members"]]
    return model.parse_roster("members", people, params["state"])


def list_names(params: Mapping[str, Any]) -> list[str]:
    """The names of the lists in a module's parameters."""
    names = []
    for name in params["lists"]:
        name = vocabulary.list_name(name)
        if "@" not in name and params["domain"] is not None:
            name = vocabulary.list_name("{0}@{1}".format(name, params["domain"]))
        names.append(name)
    return names


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            vocabulary.argument_spec(vocabulary.MEMBER_FIELDS),
            address=dict(type="str"),
            members=dict(type="list", elements="raw"),
            lists=dict(type="list", elements="str", aliases=["list"]),
            all_lists=dict(type="bool", default=False),
            domain=dict(type="str"),
            state=dict(type="str", choices=list(model.ROSTER_STATES), default="present"),
            role=dict(type="str", choices=list(vocabulary.ROLES), default="member"),
            **POLICY_SPEC,
            **CONNECTION_SPEC,
        ),
        mutually_exclusive=[("address", "members")],
        required_one_of=[("address", "members")],
        supports_check_mode=True,
    )
    params = module.params
    if params["all_lists"] == (params["lists"] is not None):
        module.fail_json(
            msg="lists and all_lists are {0}: give one of them".format(
                "both given" if params["all_lists"] else "missing"
            )
        )
    try:
        roster = roster_of(params)
        names = None if params["all_lists"] else list_names(params)

        def declare(info: Callable[[], ServerInfo]) -> list[model.ListSpec]:
            chosen = info().lists if names is None else names
            # A person who is absent everywhere is absent from disabled lists too, so no state is declared.
            return [model.ListSpec(name=name, state="any", rosters={params["role"]: roster}) for name in chosen]

        options = TaskOptions.of(params, check_mode=module.check_mode).with_scope(
            must_exist=True,
            # nobody is absent from every list while one cannot be read
            everywhere=names is None,
        )
        outcome = reconcile(options, declare)
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    for warning in outcome.warnings:
        module.warn(warning)
    result = dict(outcome.result)
    del result["undeclared"]
    module.exit_json(**result)


if __name__ == "__main__":
    main()
