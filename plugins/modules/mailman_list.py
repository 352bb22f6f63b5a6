#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_list
short_description: Declare mailing lists, their settings and their people
version_added: 0.1.0
author: The listops.mailman contributors (@listops)
description:
  - Makes mailing lists on this host what you declare, one list with the options of this module, or
    a whole site in one task with O(lists).
  - The state is read once, in one process inside Mailman's own Python interpreter; the difference is computed,
    shown, and applied with one transaction for each list. An interrupted run leaves every list either as it was
    or as declared.
  - What you do not mention is left as it is.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: posix
options:
  name:
    description:
      - The list, as V(name) or V(name@domain). Upper case is made lower case, as Mailman does.
      - Exactly one of O(name) and O(lists) is needed.
    type: str
  domain:
    description:
      - The domain of a list whose name has none. Not needed when Mailman has only one.
      - Together with O(lists), the domain of every list that names none.
    type: str
  state:
    description:
      - V(present), the list exists with the declared options.
      - V(disabled), the list and its archives stay, it is not advertised, every post is refused or held as
        O(disabled_action) says, subscriptions need a moderator, and what was held is discarded. What this overwrites
        is saved beside the list, and a later V(present) restores exactly that.
      - V(absent), the list is removed from Mailman with its members and held messages; O(archives) says what happens
        to its archives.
    type: str
    choices: [present, disabled, absent]
    default: present
  disabled_action:
    description: What happens to posts to a list with O(state=disabled).
    type: str
    choices: [reject, hold, discard]
    default: reject
  archives:
    description:
      - What happens to the archives of a list with O(state=absent). V(keep), HyperKitty serves them as before, public
        ones to everybody, private ones to nobody new. V(drop), they are removed from HyperKitty, its search index and
        Mailman's own copies, also when the list itself is gone already.
    type: str
    choices: [keep, drop]
    default: keep
  renamed_from:
    description:
      - Names that the list had before. If a list still has one of them, it is renamed with its settings, members, held
        posts, pending confirmations, digests in progress and archives; a display name and subject prefix that Mailman
        made from the old name follow. Each of them becomes an acceptable alias.
      - Mailman 3 has no rename of its own. O(mailman_service) is stopped for it, half a minute or so, in which mail waits
        in the mail server.
    type: list
    elements: str
  renamed_archives:
    description:
      - V(follow), the archives in HyperKitty get the new name. V(stay), they stay where they were, and new posts are
        archived under the new name.
    type: str
    choices: [follow, stay]
    default: follow
  mailman_service:
    description: The systemd unit that is stopped and started to rename a list.
    type: str
    default: mailman3
  lists:
    description:
      - Many lists in one task. Each is a dictionary with O(name) and any of the options O(domain), O(state),
        O(disabled_action), O(archives), O(renamed_from), O(renamed_archives) and those from O(display_name) to O(settings).
    type: list
    elements: dict
  defaults:
    description:
      - Options for every list in O(lists) that does not set them itself, the same as for one list except
        O(name), O(state), O(archives), O(renamed_from) and O(members). O(settings) and O(archivers) are merged key by key.
    type: dict
  undeclared:
    description:
      - What to do with lists on the host that are not in O(lists). V(report) names them in the result,
        V(remove) removes them.
      - Only with O(lists).
    type: str
    choices: [report, remove]
    default: report
  allow_shrink:
    description:
      - Accept that an exact roster is emptied, or loses more than half of its members when it has 10 or more.
        Without it that is an error, because an empty roster is mostly a broken source.
    type: bool
    default: false
  web_manage:
    description:
      - HyperKitty's C(manage.py), when it is not where Debian puts it. A host without HyperKitty needs none.
      - HyperKitty is told of private lists before Mailman is, so that their archives are never public.
    type: path
  web_user:
    description: The user Mailman's web interface runs as.
    type: str
    default: www-data
  override_bans:
    description: Add members even when a ban covers their address. Without it that is an error.
    type: bool
    default: false
  display_name:
    description: The name of the list as people read it.
    type: str
  description:
    description: What the list is for, on one line.
    type: str
  info:
    description: A longer text for the page of the list.
    type: str
  subject_prefix:
    description: Put before the subject of every post, with the trailing blank that separates it.
    type: str
  owners:
    description: Addresses of the owners, these and no others.
    type: list
    elements: raw
  moderators:
    description: Addresses of the moderators, these and no others.
    type: list
    elements: raw
  members:
    description:
      - Members that must be there, as a list of addresses or of dictionaries with C(address) and any of
        C(display_name), C(delivery_mode), C(delivery_status) and C(moderation_action)
        (see M(listops.mailman.mailman_member)).
      - Or a dictionary with C(addresses) (such a list) and C(state), which is V(present), V(absent) (these are not
        members) or V(exact) (these and no others).
    type: raw
  bans:
    description: Addresses and regular expressions (starting with V(^)) that may neither post nor subscribe, these and no others.
    type: list
    elements: str
  header_matches:
    description: Rules on headers, in this order and no others.
    type: list
    elements: dict
    suboptions:
      header:
        description: Name of the header.
        type: str
        required: true
      pattern:
        description: Regular expression that is searched in the header's value.
        type: str
        required: true
      action:
        description: What happens to a message that matches.
        type: str
        choices: [hold, reject, discard, accept]
        default: hold
  archivers:
    description: Archivers by name, each V(true) or V(false). Archivers that are not named are left alone.
    type: dict
  acceptable_aliases:
    description: Further addresses, or regular expressions starting with V(^), by which the list may be named in To and Cc.
    type: list
    elements: str
  advertised:
    description: Whether the list is in the index of lists.
    type: bool
  archive_policy:
    description: Who may read the archive; V(never) keeps none.
    type: str
    choices: [public, private, never]
  subscription_policy:
    description: What a subscription needs.
    type: str
    choices: [open, confirm, moderate, confirm_then_moderate]
  unsubscription_policy:
    description: What leaving needs.
    type: str
    choices: [open, confirm, moderate, confirm_then_moderate]
  default_member_action:
    description: What happens to posts of members; V(defer) applies the list's other rules.
    type: str
    choices: [accept, hold, reject, discard, defer]
  default_nonmember_action:
    description:
      - What happens to posts of strangers.
      - Do not use V(discard) if there is any chance that real people write to the list without being subscribed.
    type: str
    choices: [accept, hold, reject, discard, defer]
  dmarc_mitigate_action:
    description: What happens to posts from domains whose DMARC policy would make receivers refuse them.
    type: str
    choices: [no_mitigation, munge_from, wrap_message, reject, discard]
  dmarc_mitigate_unconditionally:
    description: Whether that happens to every post, whatever its domain publishes.
    type: bool
  emergency:
    description: Whether every post is held.
    type: bool
  preferred_language:
    description: Code of the language of the list.
    type: str
  digests_enabled:
    description: Whether members may have digests.
    type: bool
  digest_send_periodic:
    description: Whether digests go out on time even if they are small.
    type: bool
  digest_size_threshold:
    description: Size in kilobytes at which a digest goes out.
    type: float
  digest_volume_frequency:
    description: How often a new volume of digests starts.
    type: str
    choices: [yearly, monthly, quarterly, weekly, daily]
  reply_goes_to_list:
    description: Where replies go.
    type: str
    choices: [no_munging, point_to_list, explicit_header, explicit_header_only]
  reply_to_address:
    description: The address for V(explicit_header).
    type: str
  max_message_size:
    description: Largest post in kilobytes that is not held; V(0) for any size.
    type: int
  member_roster_visibility:
    description: Who may see who is subscribed.
    type: str
    choices: [public, members, moderators]
  send_welcome_message:
    description: Whether Mailman greets people who subscribe themselves. This module never sends mail to members.
    type: bool
  send_goodbye_message:
    description: Whether Mailman says goodbye to people who leave by themselves.
    type: bool
  settings:
    description:
      - Every other option that Mailman lets an owner set, by Mailman's own name (the names of its REST API's
        C(config) resource), such as C(max_num_recipients), C(bounce_score_threshold) or C(moderator_password).
      - Values are checked against Mailman's own table of types before anything is changed. Times are given as
        V(7d), V(12h) or a number of seconds.
    type: dict
seealso:
  - module: listops.mailman.mailman_member
  - module: listops.mailman.mailman_list_info
"""

EXAMPLES = r"""
- name: One list, as typed by hand
  listops.mailman.mailman_list:
    name: wikitech-l
    description: Technical discussion
    owners: [list-admin@example.org, second-admin@example.org]

- name: A closed list that people with an account read
  listops.mailman.mailman_list:
    name: arbcom-l@lists.example.org
    advertised: false
    archive_policy: private
    subscription_policy: moderate
    default_nonmember_action: hold
    owners: [list-admin@example.org]
    members:
      state: exact
      addresses:
        - alice@example.net
        - address: bob@example.net
          display_name: Bob
          delivery_mode: mime_digests

- name: All lists of a site in one task
  listops.mailman.mailman_list:
    domain: lists.example.org
    defaults:
      dmarc_mitigate_action: munge_from
      default_nonmember_action: hold
      header_matches:
        - header: X-Spam-Score
          pattern: \+{4,}
          action: hold
    lists:
      - name: wikitech-l
        description: Technical discussion
        owners: [list-admin@example.org]
        settings:
          max_num_recipients: 20
          bounce_info_stale_after: 14d
      - name: old-announce
        state: disabled
      - name: wikimedia-l
        renamed_from: [foundation-l]
      - name: mistake
        state: absent
        archives: drop
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
      description: V(created), V(renamed), V(changed) or V(removed).
      type: str
      sample: changed
    changes:
      description:
        - What differs by option name, each with C(before) and C(after). Of rosters only the lines that differ.
        - A password shows only that it changed.
      type: dict
      sample: {"advertised": {"before": true, "after": false}}
summary:
  description: Counts of lists created, renamed, changed, removed and unchanged, and of memberships added, changed and removed.
  returned: success
  type: dict
  sample: {"lists_created": 1, "lists_renamed": 0, "lists_changed": 0, "lists_removed": 0, "lists_unchanged": 9,
           "members_added": 3, "members_changed": 0, "members_removed": 0}
undeclared:
  description: Lists on the host that are not declared (and were left alone). Empty when O(name) is used.
  returned: success
  type: list
  elements: str
  sample: [forgotten@lists.example.org]
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils import model, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils.engine import EngineError
from ansible_collections.listops.mailman.plugins.module_utils.plan import Policy
from ansible_collections.listops.mailman.plugins.module_utils.reconcile import (
    CONNECTION_SPEC,
    WEB_SPEC,
    message,
    reconcile,
)
from ansible_collections.listops.mailman.plugins.module_utils.vocabulary import Invalid

ONE_LIST_SPEC: dict[str, dict[str, Any]] = dict(
    vocabulary.argument_spec(vocabulary.LIST_FIELDS),
    name=dict(type="str"),
    domain=dict(type="str"),
    state=dict(type="str", choices=list(vocabulary.LIST_STATES), default="present"),
    disabled_action=dict(type="str", choices=list(model.DISABLED_ACTIONS), default="reject"),
    archives=dict(type="str", choices=list(model.ARCHIVES), default="keep"),
    renamed_from=dict(type="list", elements="str"),
    renamed_archives=dict(type="str", choices=list(model.RENAMED_ARCHIVES), default="follow"),
    owners=dict(type="list", elements="raw"),
    moderators=dict(type="list", elements="raw"),
    members=dict(type="raw"),
    bans=dict(type="list", elements="str"),
    header_matches=dict(
        type="list",
        elements="dict",
        options=dict(
            header=dict(type="str", required=True),
            pattern=dict(type="str", required=True),
            action=dict(type="str", choices=list(vocabulary.HEADER_ACTIONS), default="hold"),
        ),
    ),
    archivers=dict(type="dict"),
    settings=dict(type="dict", no_log=False),
)


def declared(params: Mapping[str, Any]) -> list[model.ListSpec]:
    """The specifications in a module's parameters."""
    if params["lists"] is None:
        entry = {key: params[key] for key in ONE_LIST_SPEC if params[key] is not None}
        return model.parse_site([entry])
    defaults = dict(params["defaults"] or {})
    if params["domain"] is not None:
        defaults.setdefault("domain", params["domain"])
    return model.parse_site(params["lists"], defaults)


def hide_secrets(module: AnsibleModule) -> None:
    """Keep passwords under `settings` out of logs, diffs and results."""
    for entry in [module.params] + list(module.params["lists"] or []) + [module.params["defaults"] or {}]:
        settings = entry.get("settings") if isinstance(entry, Mapping) else None
        for key, value in (settings or {}).items() if isinstance(settings, Mapping) else ():
            if "password" in key and isinstance(value, str):
                module.no_log_values.add(value)


class Module(AnsibleModule):
    def _log_invocation(self) -> None:
        # The host's log gets all options, before main() could say which are secret.
        hide_secrets(self)
        super()._log_invocation()


def main() -> None:
    module = Module(
        argument_spec=dict(
            ONE_LIST_SPEC,
            lists=dict(type="list", elements="dict"),
            defaults=dict(type="dict"),
            undeclared=dict(type="str", choices=["report", "remove"], default="report"),
            allow_shrink=dict(type="bool", default=False),
            override_bans=dict(type="bool", default=False),
            **CONNECTION_SPEC,
            **WEB_SPEC,
        ),
        mutually_exclusive=[("name", "lists")],
        required_one_of=[("name", "lists")],
        supports_check_mode=True,
    )
    params = module.params
    many = params["lists"] is not None
    if params["undeclared"] == "remove" and not many:
        module.fail_json(msg="undeclared is 'remove', which needs lists: all that shall stay")
    if many:
        extra = sorted(key for key in vocabulary.LIST_FIELDS if params[key] is not None)
        if extra:
            module.fail_json(msg="{0} belongs into lists or defaults when lists is given".format(", ".join(extra)))
    try:
        specs = declared(params)
        course = reconcile(
            params,
            lambda hello: specs,
            policy=Policy(allow_shrink=params["allow_shrink"], override_bans=params["override_bans"]),
            check_mode=module.check_mode,
            remove_undeclared=params["undeclared"] == "remove",
        )
    except (Invalid, EngineError) as exc:
        module.fail_json(**message(exc))
    for warning in course.warnings:
        module.warn(warning)
    result = dict(course.result, undeclared=course.result["undeclared"] if many else [])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
