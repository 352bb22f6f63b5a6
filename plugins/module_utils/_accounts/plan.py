# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must change so that somebody has an account in Mailman 3's web interface, and can log in. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid


class Step(NamedTuple):
    """said: a sentence for people. request: the same step for AccountsHandler.apply."""

    said: str
    request: Mapping[str, Any]


def plan(
    address: str,
    found: Mapping[str, Any],
    reason: str | None,
    lists: Sequence[str] = (),
    roles: Sequence[str] = ("owner",),
) -> list[Step]:
    """The steps to do, in order.

    address: in lower case.
    found: see AccountsHandler.look.
    reason: what a link to set a password is for. Without one it is mailed only
        to an account that has no password and was never mailed a link.
    lists, roles: of which the mail tells, see notice in remote/main.py.
    """
    holder = found["holder"]
    if holder and not holder["active"]:
        raise Invalid(
            "the web account {0} of {1} is not active: give an address whose account an administrator has activated".format(
                holder["name"], address
            )
        )
    # Somebody who added the address to another account must not get the rights of its owner.
    steps = [
        Step("account {0} loses {1}, which it has not confirmed".format(name, address), {"release": name})
        for name in found["claims"]
    ]
    if not holder:
        steps.append(Step("an account of {0}, without password".format(address), {"create": True}))
    told = holder["reasons"] if holder else []
    has_password = bool(holder and holder["password"])
    mail = {"mail": reason or "new", "lists": list(lists), "roles": list(roles)}
    if reason not in told if reason else not (has_password or told):
        steps.append(Step("a link to set a password, mailed to {0}".format(address), mail))
    return steps
