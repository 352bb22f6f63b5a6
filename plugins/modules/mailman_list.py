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
  - Makes mailing lists on this host match what you declare, either one list with the options of this module, or
    a whole site in one task with O(lists).
  - The state is read once, in one process inside Mailman's own Python interpreter; the difference is computed,
    shown, and applied in transactions of several lists each. An interrupted run leaves every list either as it was
    or as declared. Only a list that gains or loses thousands of people may have some of these changes.
  - What you do not mention is left as it is.
  - Every run makes archives as private as their lists, with O(lists) also those of lists that are not declared. HyperKitty learns of a
    change in Mailman only with the next post, and may take a list that becomes private for public again when a post arrives at that
    moment. Therefore the role C(listops.mailman.apache) installs a guard in front of it. This module tells the guard of a private list
    before Mailman, and of a list that becomes public when Mailman and HyperKitty both say so. Without that guard, there is a warning for
    each list that becomes private.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.list_options
  - listops.mailman.policy
  - listops.mailman.web
attributes:
  check_mode:
    details:
      - A domain or an archiver that Mailman does not have is an error. In check mode it is a warning, and the other differences are
        shown, since an earlier task of the same run may be about to add it. Before Mailman is installed there is only the warning that
        an empty server is shown.
  diff_mode:
    support: full
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
      - V(disabled), the list and its archives stay, but it is not advertised, every post is handled by O(disabled_action),
        subscriptions need a moderator, and held messages are discarded. The settings that this overwrites are saved, and a
        later V(present) restores exactly those.
        On Mailman 2.1 new subscriptions are also banned. A list there that the script C(disable_list) disabled counts as
        disabled. That script saves nothing, so V(present) then holds posts of nonmembers and moderated members, lifts
        the ban on everybody, and advertises the list if its archive is public.
      - V(absent), the list is removed from Mailman with its members and held messages. What happens to its archives is
        O(archives).
    type: str
    choices: [present, disabled, absent]
    default: present
  disabled_action:
    description: What happens to posts to a list with O(state=disabled).
    type: str
    choices: [reject, hold, discard]
    default: reject
  archives:
    version_added: 0.2.0
    description:
      - What happens to the archives of a list with O(state=absent). V(keep), HyperKitty serves them as before, public
        ones to everybody and private ones to those who could read them. V(drop), they are removed from HyperKitty, its search index and
        Mailman's own copies, also when the list itself is gone already.
    type: str
    choices: [keep, drop]
    default: keep
  renamed_from:
    version_added: 0.2.0
    description:
      - Names that the list had before. If a list still has one of them, it is renamed with its settings, members, held
        posts, pending confirmations, digests in progress and archives; a display name and subject prefix that Mailman
        made from the old name are renamed, too. Each former name becomes an acceptable alias.
      - Mailman cannot rename a list itself, so O(mailman_service) is stopped for about half a minute. Mail then waits in the mail
        server or in Mailman's queue.
    type: list
    elements: str
  renamed_archives:
    version_added: 0.2.0
    description:
      - V(follow), the archives get the new name. V(stay), they keep the old one, and new posts are archived under the
        new name.
      - Mailman 2.1 cannot merge the archives of two names, so V(stay) cannot become V(follow) after the next post.
    type: str
    choices: [follow, stay]
    default: follow
  mailman_service:
    version_added: 0.2.0
    description: The systemd unit that is stopped and started to rename a list. By default V(mailman3), or V(mailman) for 2.1.
    type: str
  lists:
    description:
      - Many lists in one task. Each is a dictionary with O(name) and any of the options that describe a list. These are all options except
        O(lists), O(defaults), O(undeclared), O(naming), and those of the whole task about policy and about where Mailman
        is.
    type: list
    elements: dict
  defaults:
    description:
      - Options for every list in O(lists) that does not set them itself. All options of a list are possible except
        O(name), O(state), O(archives), O(renamed_from), O(members), O(nonmembers) and O(external_archives_allow_private). O(settings),
        O(archivers), O(external_archives) and O(templates) are merged key by key.
      - Only with O(lists).
    type: dict
  undeclared:
    description:
      - What to do with lists on the host that are not in O(lists). V(report) names them in the result,
        V(remove) removes them. To remove all, or more than half of 10 or more, needs O(allow_shrink).
      - Only with O(lists).
    type: str
    choices: [report, remove]
    default: report
  site_bans:
    description:
      - What is banned from every list of a Mailman 3, as addresses and regular expressions that start with V(^). Other bans of this kind
        are lifted. Without this option they all stay as they are.
      - On Mailman 2.1, C(GLOBAL_BAN_LIST) in C(mailman_settings) of the role C(listops.mailman.mailman) has them.
      - Only with O(lists).
    type: list
    elements: str
    version_added: 0.2.0
  naming:
    description:
      - Rules for the names of new lists, and for new names of lists with O(renamed_from). Existing lists keep their names.
    type: dict
    version_added: 0.2.0
    suboptions:
      rules:
        description:
          - A new name must match one of these rules. Without rules every name is accepted.
        type: list
        elements: dict
        suboptions:
          pattern:
            description: A regular expression that matches the whole name, without domain.
            type: str
            required: true
          explanation:
            description: The rule in words, for the refusal.
            type: str
            required: true
      exceptions:
        description: Names that need not match a rule.
        type: list
        elements: str
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
      templates:
        list:member:regular:footer: |
          --
          $listname
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
      description: Posting address. O(site_bans) has C(every list) in its place.
      type: str
      sample: wikitech-l@lists.example.org
    action:
      description: V(created), V(renamed), V(changed) or V(removed).
      type: str
      sample: changed
    changes:
      description:
        - What differs by option name, each with C(before) and C(after). Of rosters only the lines that differ.
        - C(archive_shown) is what the archive itself goes by, C(archive_guarded) whether the guard in front of HyperKitty keeps it private.
        - A password shows only that it changed.
        - Cut as O(diff_limit) says.
      type: dict
      sample: {"advertised": {"before": true, "after": false}}
    left_out:
      description: How many lines of C(changes) O(diff_limit) left out.
      type: int
      sample: 0
summary:
  description: Counts of lists created, renamed, changed, removed and unchanged, and of memberships added, changed and removed.
  returned: success
  type: dict
  sample: {"lists_created": 1, "lists_renamed": 0, "lists_changed": 0, "lists_removed": 0, "lists_unchanged": 9,
           "members_added": 3, "members_changed": 0, "members_removed": 0}
undeclared:
  description: Lists on the host that are not declared and were left alone. Empty when O(name) is used.
  returned: success
  type: list
  elements: str
  sample: [forgotten@lists.example.org]
"""

import gc
from typing import Any, Iterator, Mapping, Sequence

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._apply.options import POLICY_SPEC, TaskOptions
from ansible_collections.listops.mailman.plugins.module_utils._apply.reconcile import reconcile
from ansible_collections.listops.mailman.plugins.module_utils._archives.select import open_archives
from ansible_collections.listops.mailman.plugins.module_utils._argspec import CONNECTION_SPEC, WEB_SPEC, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model, naming, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

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
    nonmembers=dict(type="raw"),
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
    external_archives=dict(type="raw"),
    external_archives_allow_private=dict(type="bool"),
    templates=dict(type="dict"),
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


def site_bans(given: Sequence[str] | None) -> list[str] | None:
    """What is banned from every list, sorted. Raises Invalid."""
    return None if given is None else sorted(vocabulary.strings("site_bans", given, vocabulary.address_or_pattern))


class Declared:
    """What a module's parameters declare, parsed once; of many lists they keep the names, since a site is big."""

    def __init__(self, params: dict[str, Any]) -> None:
        self._params = params
        self._specs: list[model.ListSpec] | None = None

    def __call__(self, _info: Any = None) -> list[model.ListSpec]:
        if self._specs is None:
            self._specs = declared(self._params)
            if self._params["lists"] is not None:
                # in place: Ansible has the same list elsewhere
                self._params["lists"][:] = brief(self._params)["lists"]
        return self._specs


def texts_in(value: Any) -> Iterator[str]:
    """All that is written in a value, whatever it is made of."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from texts_in(item)
    elif value not in (None, "", True, False):
        yield str(value)


def hide_secrets(module: AnsibleModule) -> None:
    """Keep passwords, under `settings` or where they do not belong, out of logs, diffs and results."""
    lists = module.params.get("lists")
    for entry in [module.params, module.params.get("defaults"), *(lists if isinstance(lists, list) else [])]:
        for options in (entry, entry.get("settings")) if isinstance(entry, Mapping) else ():
            for key, value in options.items() if isinstance(options, Mapping) else ():
                if "password" in str(key):
                    module.no_log_values.update(texts_in(value))


def brief(params: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters without what a site may have a hundred thousand of: of many lists, their names."""
    lists = params.get("lists")
    names = [entry.get("name") if isinstance(entry, Mapping) else entry for entry in lists or []]
    return dict(params, lists=names or lists)


class Module(AnsibleModule):
    params: dict[str, Any]

    def _log_invocation(self) -> None:
        # The host's log gets all options, before main() could say which are secret.
        hide_secrets(self)
        whole, self.params = self.params, brief(self.params)
        super()._log_invocation()
        self.params = whole

    def fail_json(self, msg: str, **kwargs: Any) -> None:
        # Options that are refused are refused before they are logged.
        hide_secrets(self)
        super().fail_json(msg, **kwargs)


def main() -> None:
    # A short process that keeps nearly all that it makes: looking for garbage would be a tenth of its time.
    gc.disable()
    module = Module(
        argument_spec=dict(
            ONE_LIST_SPEC,
            lists=dict(type="list", elements="dict"),
            defaults=dict(type="dict"),
            mailman_service=dict(type="str"),
            site_bans=dict(type="list", elements="str"),
            undeclared=dict(type="str", choices=["report", "remove"], default="report"),
            naming=dict(
                type="dict",
                options=dict(
                    rules=dict(
                        type="list",
                        elements="dict",
                        options=dict(
                            pattern=dict(type="str", required=True), explanation=dict(type="str", required=True)
                        ),
                    ),
                    exceptions=dict(type="list", elements="str"),
                ),
            ),
            **POLICY_SPEC,
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
        module.fail_json(msg="undeclared is remove and lists is missing: give lists, with all lists that shall stay")
    if many:
        extra = sorted(
            key
            for key, option in ONE_LIST_SPEC.items()
            if key != "domain" and params[key] not in (None, option.get("default"))
        )
        if extra:
            module.fail_json(msg="{0} is given beside lists: give it in lists or defaults".format(", ".join(extra)))
    else:
        for key in ("defaults", "site_bans"):
            if params[key] is not None:
                module.fail_json(msg="lists is missing, and {0} is given: give lists, too".format(key))
    try:
        options = TaskOptions.of(
            params, check_mode=module.check_mode, scheme=naming.parse(params["naming"] or {})
        ).with_scope(
            remove_undeclared=params["undeclared"] == "remove",
            service=params["mailman_service"] or "",
            site_bans=site_bans(params["site_bans"]),
            whole_site=many,
        )
        web = WebInterface.of(params)
        outcome = reconcile(
            options,
            Declared(params),
            open_archives=lambda backend: open_archives(backend, web),
        )
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    for warning in outcome.warnings:
        module.warn(warning)
    result = dict(outcome.result, undeclared=outcome.result["undeclared"] if many else [])
    module.exit_json(invocation={"module_args": brief(params)}, **result)


if __name__ == "__main__":
    main()
