# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of a list, for one list and for each of many."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  display_name:
    description: The name of the list that people see.
    type: str
  description:
    description: What the list is for, on one line.
    type: str
  info:
    description: A longer text for the page of the list.
    type: str
  subject_prefix:
    description: Text before the subject of every post, with the blank at its end.
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
  nonmembers:
    version_added: 0.2.0
    description:
      - People who are not subscribed, with an action for their posts, in the same forms as O(members), with C(moderation_action)
        (V(default) is O(default_nonmember_action)). Mailman itself adds everybody who posts without being a member.
      - For patterns, use C(accept_these_nonmembers), C(hold_these_nonmembers), C(reject_these_nonmembers) and
        C(discard_these_nonmembers) under O(settings).
    type: raw
  bans:
    description: Addresses and regular expressions (starting with V(^)) that may neither post nor subscribe, these and no others.
    type: list
    elements: str
  header_matches:
    description: Rules for headers, in this order and no others.
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
    description:
      - Archivers by name, each V(true) or V(false). Archivers that are not named are left alone.
      - An archiver that Mailman's own configuration does not enable archives nothing; the task warns of it.
    type: dict
  external_archives:
    description:
      - Addresses of external archives that get every post, such as mail-archive.com, each V(true) or V(false), or a list of
        those that are V(true). Others are left alone.
      - They are members that get single posts and no other mail, and whose own posts are discarded (on Mailman 2.1 moderated). They stay
        members whatever O(members) says, even an exact roster. When bounces have disabled their delivery, the next run enables it again.
      - Only a list with O(archive_policy=public) may have one. Those in the defaults of a site get its public lists only, and lose a list
        that becomes private. For a list that is not public, one of its own is refused.
    type: raw
    version_added: 0.2.0
  external_archives_allow_private:
    description: Whether O(external_archives) also get the posts of a list that is not public.
    type: bool
    version_added: 0.2.0
  acceptable_aliases:
    description: Other addresses that To and Cc may have for the list, or regular expressions starting with V(^).
    type: list
    elements: str
  advertised:
    description: Whether the list is in the index of lists.
    type: bool
  archive_policy:
    description: Who may read the archive. With V(never) there is none.
    type: str
    choices: [public, private, never]
  subscription_policy:
    description: Whether a subscription needs a confirmation by mail, a moderator, or both.
    type: str
    choices: [open, confirm, moderate, confirm_then_moderate]
  unsubscription_policy:
    description: Whether leaving needs a confirmation by mail, a moderator, or both.
    type: str
    choices: [open, confirm, moderate, confirm_then_moderate]
  default_member_action:
    description: What happens to posts of members; V(defer) applies the list's other rules.
    type: str
    choices: [accept, hold, reject, discard, defer]
  default_nonmember_action:
    description:
      - What happens to posts of people who are not members.
      - Do not use V(discard) if there is any chance that real people write to the list without being subscribed.
    type: str
    choices: [accept, hold, reject, discard, defer]
  dmarc_mitigate_action:
    description:
      - What happens to posts from domains whose DMARC policy would make receivers refuse them.
      - Mailman 2.1 looks up the policy with dnspython. Without that in its own Python, no post is changed or refused,
        and the task warns.
    type: str
    choices: [no_mitigation, munge_from, wrap_message, reject, discard]
  dmarc_mitigate_unconditionally:
    description: Whether O(dmarc_mitigate_action) applies to every post, whatever policy its domain has.
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
    description: Whether digests are sent periodically even if they are small.
    type: bool
  digest_size_threshold:
    description: Size in kilobytes at which a digest is sent.
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
    description: The address for V(explicit_header) and V(explicit_header_only), which need one. Empty for none.
    type: str
  max_message_size:
    description: Largest post in kilobytes that is not held; V(0) for any size.
    type: int
  member_roster_visibility:
    description: Who may see who is subscribed.
    type: str
    choices: [public, members, moderators]
  send_welcome_message:
    description: Whether Mailman greets people who subscribe themselves. For people whom this module adds, use O(send_welcome).
    type: bool
  send_goodbye_message:
    description: Whether Mailman says goodbye to people who leave by themselves. For people whom this module removes, use
      O(send_goodbye).
    type: bool
  templates:
    version_added: 0.2.0
    description:
      - Templates by Mailman's own name, such as C(list:member:regular:footer) or C(list:user:notice:welcome). Each is a text
        for every language, or a dictionary of texts by language code.
      - Placeholders are C($listname) or C(${listname}), and C($$) is a dollar sign. Names and placeholders are
        checked; all of them are in C(docs/vocabulary.md).
      - C($user_email) and other placeholders about the reader are refused in headers and footers, unless C(personalize)
        (under O(settings)) is V(individual) or V(full).
      - An empty text restores Mailman's own template. A footer or header that has only blanks is left out of posts.
      - Mailman writes headers and footers of posts and digests in the charset of the list's language, which is US-ASCII for
        English. Other characters in them are refused. Set C(charset) of C(language.en) in the variable C(mailman_settings) of
        the role C(mailman) to C(utf-8) to allow them.
      - Templates that are not named are left alone. A template that somebody chose in the web interface counts as a difference.
    type: dict
  settings:
    description:
      - Every other setting that Mailman lets an owner change, by Mailman's own name (the names of its REST API's
        C(config) resource), such as C(max_num_recipients), C(bounce_score_threshold) or C(moderator_password). Those of
        Mailman 3 are in C(docs/vocabulary.md), and those that only Mailman 2.1 has in
        RV(listops.mailman.mailman_list_info#module:available_settings).
      - Values are checked against Mailman's own table of types before anything is changed. Times are given as
        V(7d), V(12h) or a number of seconds.
    type: dict
"""
