# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text encrypted to somebody's OpenPGP key."""

from __future__ import annotations

DOCUMENTATION = r"""
name: encrypted_to
short_description: Encrypt a text to a person's OpenPGP key
version_added: 0.2.0
author: The listops.mailman contributors (@listops)
description:
  - Gives an ASCII-armoured message that only the owner of the key can read.
  - C(gpg) runs on the controller, with a temporary home. It gets the text on standard input, so that the text is neither in a file
    nor in the list of processes.
  - A key that has expired, is revoked, is not one person's public key or cannot be used to encrypt is an error.
requirements:
  - GnuPG 2.2 or newer where Ansible runs
positional: key
options:
  _input:
    description: The text.
    type: str
    required: true
  key:
    description: The public key, ASCII-armoured.
    type: str
    required: true
  fingerprint:
    description: Which fingerprint the key must have, with or without blanks.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: A password for its owner's eyes only
  ansible.builtin.copy:
    content: "{{ password | listops.mailman.encrypted_to(lookup('ansible.builtin.file', 'alice.asc')) }}"
    dest: alice-password.asc
    mode: "0600"
"""

RETURN = r"""
_value:
  description: The armoured message.
  type: str
"""

from collections.abc import Callable

from ansible.errors import AnsibleFilterError

from ansible_collections.listops.mailman.plugins.module_utils import _openpgp as openpgp
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


def encrypted_to(text: str, key: str, fingerprint: str = "") -> str:
    """The text for the owner of a key; see DOCUMENTATION."""
    try:
        return openpgp.encrypt(str(text).encode("utf-8"), str(key), str(fingerprint or "")).decode("ascii")
    except Invalid as exc:
        raise AnsibleFilterError(str(exc)) from exc


class FilterModule:
    def filters(self) -> dict[str, Callable[..., str]]:
        return {"encrypted_to": encrypted_to}
