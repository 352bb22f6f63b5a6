#!/usr/bin/python
# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: mailman_list_info
short_description: Read mailing lists, their settings and their people
version_added: 0.1.0
author: The listops.mailman contributors (@listops)
description:
  - Returns lists with the same keys that M(listops.mailman.mailman_list) takes.
  - Passwords are never returned, only whether they are set.
extends_documentation_fragment:
  - listops.mailman.attributes
  - listops.mailman.mailman
  - listops.mailman.web
attributes:
  check_mode:
    details: Reads only.
  diff_mode:
    support: none
    details: Reads only.
  idempotent:
    details: Reads only.
options:
  lists:
    description: The lists, as V(name) or V(name@domain). Without it, every list on the host.
    type: list
    elements: str
    aliases: [list]
  domain:
    description: The domain of lists whose name has none. Not needed when Mailman has only one.
    type: str
  settings:
    description: Names of Mailman's options to return. Without it, all of them.
    type: list
    elements: str
  roles:
    description: The roles whose people are returned.
    type: list
    elements: str
    choices: [member, owner, moderator, nonmember]
    default: [member, owner, moderator, nonmember]
  mailman_copy:
    description:
      - A copy of the folder of a Mailman 2.1, C(/var/lib/mailman), on a host without that Mailman. Also that of a Mailman 2 on Python 3.
      - It is read as files. No code in it is run.
      - As C(root), it is read by the user C(nobody) with the group of the folder.
    type: path
    version_added: 0.2.0
seealso:
  - module: listops.mailman.mailman_list
"""

EXAMPLES = r"""
- name: Everything about one list
  listops.mailman.mailman_list_info:
    list: wikitech-l
  register: wikitech

- name: The lists of a server that is gone
  listops.mailman.mailman_list_info:
    mailman_copy: /srv/sodium/var/lib/mailman

- name: Owners and privacy of every list
  listops.mailman.mailman_list_info:
    settings: [archive_policy, advertised]
    roles: [owner]
"""

RETURN = r"""
lists:
  description: The lists that exist, by posting address.
  returned: success
  type: dict
  contains:
    state:
      description: V(present) or V(disabled).
      type: str
      sample: present
    before:
      description:
        - The C(settings) and C(header_matches) of before a list was disabled, which V(present) restores. Null for other lists.
        - C(elsewhere) is true if something other than this collection disabled it.
      type: dict
      sample: null
    settings:
      description: Mailman's options by name. A time is a number of seconds; a password is V(set) or null.
      type: dict
      sample: {"advertised": true, "archive_policy": "public"}
    bans:
      description: Addresses and regular expressions, sorted.
      type: list
      elements: str
      sample: []
    header_matches:
      description: Rules with C(header), C(pattern) and C(action), in order.
      type: list
      elements: dict
      sample: []
    archivers:
      description: Archivers by name, and whether the list uses them.
      type: dict
      sample: {"hyperkitty": true}
    created_at:
      description: When the list was created, in UTC.
      type: str
      sample: "2026-11-25T12:00:00"
    last_post_at:
      description: When something was last posted, in UTC; null for never.
      type: str
      sample: "2026-11-25T12:30:00"
    archive_shown:
      description:
        - What the archive itself goes by, V(public), V(private) or V(never), which is C(archive_policy) unless somebody
          changed it behind Mailman's back. On Mailman 2.1, whether there are public links to it.
        - Null where nothing is archived yet, where there is no archive on this host, or without root.
      type: str
      sample: public
    counts:
      description: How many people there are in each role, also in those that O(roles) leaves out.
      type: dict
      sample: {"member": 3, "owner": 1, "moderator": 0, "nonmember": 0}
    own_texts:
      description: On Mailman 2.1, the texts and pages in the list's own folder, by language and by the name of the file.
      type: dict
      version_added: 0.2.0
      sample: {"en": {"postack.txt": "Your message %(subject)s was posted."}}
    templates:
      description:
        - The texts of the list by Mailman's name, each for every language, or by language. Only those that are not
          Mailman's own; C(uri) is where another text comes from that somebody chose in the web interface.
      type: dict
      sample: {"list:member:regular:footer": "--\n$listname\n"}
    rosters:
      description: By role, a list of people sorted by address.
      type: dict
      sample: {"owner": [{"address": "list-admin@example.org", "display_name": "", "delivery_mode": "regular",
               "delivery_status": "enabled", "moderation_action": "accept"}]}
unreadable:
  description:
    - Lists that cannot be read, with a sentence that says why, by posting address, or by name where no more is known of them. Only where
      O(lists) is not given; a list that is asked for by name is an error then.
  returned: success
  type: dict
  sample: {}
engine:
  description: Which Mailman this is.
  returned: success
  type: str
  sample: mailman3
version:
  description: Mailman's version.
  returned: success
  type: str
  sample: 3.3.10
available_settings:
  description:
    - The settings of a list that this Mailman has, by name, with C(type) and C(choices). Those of Mailman 3 are in C(docs/vocabulary.md).
  returned: success
  type: dict
  sample: {"advertised": {"type": "bool"}, "archive_policy": {"type": "enum", "choices": ["never", "private", "public"]}}
domains:
  description: Mailman's mail domains.
  returned: success
  type: list
  elements: str
  sample: [lists.example.org]
site_bans:
  description: Addresses and C(^regular expressions) that are banned from every list.
  returned: success
  type: list
  elements: str
  sample: ["^.*@spam\\.example\\.com$"]
"""

from typing import Any, Mapping

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.listops.mailman.plugins.module_utils._archives.select import open_archives
from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)
from ansible_collections.listops.mailman.plugins.module_utils._backends.base import ListBackend
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, failure
from ansible_collections.listops.mailman.plugins.module_utils._lists import model, vocabulary
from ansible_collections.listops.mailman.plugins.module_utils._lists.found import presented
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.copy import CopiedMailman21


def opened(params: Mapping[str, Any]) -> ListBackend:
    """The Mailman, or the copy of one, that is asked."""
    if params["mailman_copy"]:
        return CopiedMailman21(params["mailman_copy"])
    return open_backend(Connection.of(params), readonly=True)


def chosen(params: Mapping[str, Any], backend: ListBackend) -> list[str]:
    """Posting addresses of the lists that were asked for."""
    names = model.chosen_lists(params["lists"], params["domain"], backend.info.domains)
    return [name for name in names if name in backend.info.lists or name.partition("@")[0] in backend.unreadable]


def main() -> None:
    module = AnsibleModule(
        argument_spec=dict(
            lists=dict(type="list", elements="str", aliases=["list"]),
            domain=dict(type="str"),
            settings=dict(type="list", elements="str"),
            roles=dict(type="list", elements="str", choices=list(vocabulary.ROLES), default=list(vocabulary.ROLES)),
            **CONNECTION_SPEC,
            mailman_copy=dict(type="path"),
            **WEB_SPEC,
        ),
        supports_check_mode=True,
    )
    params = module.params
    try:
        web = WebInterface.of(params)
        with opened(params) as backend, open_archives(backend, web) as archive:
            info = backend.info
            for key in params["settings"] or []:
                if key not in info.schema:
                    raise vocabulary.unknown_key(key, list(info.schema), " (settings)")
            names = None if params["lists"] is None else chosen(params, backend)
            existing = None if names is None else [name for name in names if name in info.lists]
            lists = backend.read(existing, settings=params["settings"], rosters=params["roles"])
            facts = backend.facts(existing)
            for name in names or ():
                reason = backend.unreadable.get(name, backend.unreadable.get(name.partition("@")[0]))
                if reason:
                    # it is there, and must not look as if it were not
                    raise HostError(reason)
            unreadable = dict(backend.unreadable)
            # of when one was made there may be nonsense
            lists = {name: entry for name, entry in lists.items() if name in facts}
            shown = archive.policies() if archive is not None and archive.accessible else {}
    except (Invalid, HostError) as exc:
        module.fail_json(**failure(exc))
    for reason in unreadable.values():
        module.warn(reason)
    module.exit_json(
        changed=False,
        unreadable=unreadable,
        lists={name: presented(lists[name], facts[name], params["roles"], shown.get(name)) for name in sorted(lists)},
        engine=info.engine,
        version=info.version,
        available_settings=info.schema,
        domains=info.domains,
        site_bans=info.site_bans,
    )


if __name__ == "__main__":
    main()
