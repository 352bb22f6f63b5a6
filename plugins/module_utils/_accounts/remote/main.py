# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that runs inside the web interface of Mailman 3 and looks after accounts there. See _accounts/plan.py.

Sent there with what it imports: see _accounts/program.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter, retry_when_locked

# How the history of an account, which the web administrator sees, tells of a link; the occasion follows.
MAILED = "A link to set a password was mailed: "


class AccountsHandler:
    """Accounts of Django, and their addresses, which are allauth's."""

    def __init__(self, manage: str) -> None:
        enter(manage)

    def server_info(self) -> dict[str, Any]:
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """What accounts have to do with an address.

        request: {"address": in lower case}.
        answer: {"holder": None, or {"name", "active", "password": whether it has one, "occasions": of the links
        that it was mailed} of the account that has confirmed the address, "claims": names of others that say so}.
        """
        return retry_when_locked(partial(self._look, request["address"]))

    def _look(self, address: str) -> dict[str, Any]:
        holder = self._holder(address)
        claims = sorted(user.get_username() for user in self._claims(address))
        return {"holder": holder and self._described(holder), "claims": claims}

    def apply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the steps of accounts.plan in one transaction; the mail goes last, and its record with it.

        request: {"address", "steps": [step]}; a step is {"release": name}, {"create": True} or {"mail": occasion}.
        answer: {"name": of the account}.
        """
        return retry_when_locked(partial(self._carry_out, request["address"], request["steps"]))

    def _carry_out(self, address: str, steps: list[dict[str, Any]]) -> dict[str, Any]:
        from django.db import transaction

        with transaction.atomic():
            for step in steps:
                if "release" in step:
                    self._release(address, step["release"])
                if "create" in step:
                    self._create(address)
                if "mail" in step:
                    self._mail(address, step["mail"])
            holder = self._holder(address)
            return {"name": holder.get_username()}

    @staticmethod
    def _holder(address: str) -> Any:
        from allauth.account.models import EmailAddress

        found = EmailAddress.objects.filter(email__iexact=address, verified=True).select_related("user").first()
        return found and found.user

    def _claims(self, address: str) -> list[Any]:
        """Accounts that have an address without having confirmed it."""
        from django.contrib.auth import get_user_model
        from django.db.models import Q

        holder = self._holder(address)
        found = get_user_model().objects.filter(
            Q(email__iexact=address) | Q(emailaddress__email__iexact=address, emailaddress__verified=False)
        )
        return [user for user in found.distinct() if user != holder]

    @staticmethod
    def _described(user: Any) -> dict[str, Any]:
        from django.contrib.admin.models import LogEntry
        from django.contrib.contenttypes.models import ContentType

        kind = ContentType.objects.get_for_model(type(user))
        history = LogEntry.objects.filter(content_type=kind, object_id=str(user.pk), change_message__startswith=MAILED)
        return {
            "name": user.get_username(),
            "active": user.is_active,
            "password": bool(user.password) and user.has_usable_password(),
            "occasions": [entry.change_message[len(MAILED) :] for entry in history],
        }

    @staticmethod
    def _release(address: str, name: str) -> None:
        from allauth.account.models import EmailAddress
        from django.contrib.auth import get_user_model

        users = get_user_model().objects.filter(username=name)
        EmailAddress.objects.filter(user__in=users, email__iexact=address, verified=False).delete()
        users.filter(email__iexact=address).update(email="")

    @staticmethod
    def _create(address: str) -> None:
        from allauth.account.adapter import get_adapter
        from allauth.account.models import EmailAddress
        from django.contrib.auth import get_user_model

        user = get_user_model()(email=address)
        user.set_unusable_password()
        get_adapter().populate_username(None, user)
        user.save()
        EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)

    def _mail(self, address: str, occasion: str) -> None:
        """The link of "forgotten password", mailed by the web interface itself."""
        from allauth.account.forms import ResetPasswordForm
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.contenttypes.models import ContentType

        user = self._holder(address)
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(type(user)),
            object_id=str(user.pk),
            object_repr=str(user)[:200],
            action_flag=CHANGE,
            change_message=MAILED + occasion,
        )
        form = ResetPasswordForm({"email": address})
        if not form.is_valid() or form.users != [user]:
            raise Failure("the web interface mails {0} no link to set a password: {1}".format(address, form.errors))
        try:
            # Without a request the link is that of the site.
            form.save(None)
        except OSError as exc:
            raise Failure("the mail to {0} was not accepted: {1}".format(address, exc)) from exc


def main() -> None:
    serve(lambda request: AccountsHandler(request["command"]))
