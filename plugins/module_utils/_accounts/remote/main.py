# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that manages accounts in the web interface of Mailman 3. See _accounts/plan.py.

It is sent there with the modules that it imports: see _accounts/program.py.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from unittest import mock
from urllib.parse import urljoin

from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.server import Failure, serve
from ansible_collections.listops.mailman.plugins.module_utils._programs.remote.web import enter, retry_when_locked

# The entry for a link in the account's history, which the administrator can read; the reason follows.
MAILED = "A link to set a password was mailed: "
NOTICE = """\
{reason}

To log in to the lists' web interface you need a password. Set one here:

    {link}

This link works once, {validity}. Your user name is {name}. From then on
log in here:

    {login}

Do not pass this mail on: whoever follows the link first has your account.
If you do not know why you got it, ask whoever runs the mailing lists.
"""
SUBJECTS = {True: "You are {roles} of {lists}", False: "Your account for the mailing lists"}
DAY, HOUR = 86400, 3600


def notice(lists: list[str], roles: list[str], **more: str) -> tuple[str, str]:
    """Subject and text of the mail with a link to set a password.

    lists: posting addresses of the lists that the mail names; may be empty.
    roles: the person's roles there.
    more: other fields of NOTICE.
    """
    said = " and ".join("{0} {1}".format("an" if role[0] in "aeiou" else "a", role) for role in roles)
    short = lists[0] if len(lists) == 1 else "{0} mailing lists".format(len(lists))
    subject = SUBJECTS[bool(lists)].format(roles=said, lists=short)
    if not lists:
        reason = "An account was made for you, or you asked for a new password."
    elif len(lists) == 1:
        reason = "You are {0} of the mailing list {1}.".format(said, lists[0])
    else:
        reason = "You are {0} of these mailing lists:\n\n".format(said) + "\n".join("    " + name for name in lists)
    return subject, NOTICE.format(reason=reason, **more)


def validity(seconds: int) -> str:
    """How long a link is valid, in words."""
    for size, word in ((DAY, "day"), (HOUR, "hour"), (60, "minute")):
        number = seconds // size
        if number:
            return "within {0} {1}{2}".format(number, word, "" if number == 1 else "s")
    return "at once"


class AccountsHandler:
    """Accounts of Django, and their addresses, which are allauth's."""

    def __init__(self, manage: str) -> None:
        enter(manage)

    def server_info(self) -> dict[str, Any]:
        return {}

    def look(self, request: dict[str, Any]) -> dict[str, Any]:
        """Find accounts that concern an address.

        request: {"address": in lower case}.
        answer: {"holder": None, or {"name", "active", "password": whether it has one, "reasons": of the links
        that it was mailed} of the account that has confirmed the address, "claims": names of other accounts that claim it}.
        """
        return retry_when_locked(partial(self._look, request["address"]))

    def _look(self, address: str) -> dict[str, Any]:
        holder = self._holder(address)
        claims = sorted(user.get_username() for user in self._claims(address))
        return {"holder": holder and self._described(holder), "claims": claims}

    def apply(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the steps of accounts.plan in one transaction; the mail goes last, and its record with it.

        request: {"address", "steps": [step]}; a step is {"release": name}, {"create": True} or
        {"mail": reason, "lists", "roles": see notice}.
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
                    self._mail(address, step["mail"], step["lists"], step["roles"])
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
            "reasons": [entry.change_message[len(MAILED) :] for entry in history],
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

    def _mail(self, address: str, reason: str, lists: list[str], roles: list[str]) -> None:
        """Mail the link of "forgotten password", and say what it is for."""
        from allauth.account.adapter import get_adapter
        from allauth.account.forms import ResetPasswordForm
        from django.conf import settings
        from django.contrib.admin.models import CHANGE, LogEntry
        from django.contrib.contenttypes.models import ContentType
        from django.core.mail import EmailMessage
        from django.urls import reverse

        user = self._holder(address)
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(type(user)),
            object_id=str(user.pk),
            object_repr=str(user)[:200],
            action_flag=CHANGE,
            change_message=MAILED + reason,
        )
        form = ResetPasswordForm({"email": address})
        if not form.is_valid() or form.users != [user]:
            raise Failure(
                "the web interface refuses to mail {0} a link to set a password: {1}".format(address, form.errors)
            )
        try:
            for context in _unsent(form):
                link = context["password_reset_url"]
                subject, text = notice(
                    lists,
                    roles,
                    link=link,
                    login=urljoin(link, reverse("account_login")),
                    name=user.get_username(),
                    validity=validity(settings.PASSWORD_RESET_TIMEOUT),
                )
                adapter = get_adapter()
                EmailMessage(adapter.format_email_subject(subject), text, adapter.get_from_email(), [address]).send()
        except OSError as exc:
            raise Failure("the mail to {0} was not accepted: {1}".format(address, exc)) from exc


def _unsent(form: Any) -> list[dict[str, Any]]:
    """The context of "forgotten password" without sending its mail, whose text is for people who asked for it."""
    from allauth.account.adapter import get_adapter

    found: list[dict[str, Any]] = []

    def keep(_adapter: Any, _template: str, _address: str, context: dict[str, Any]) -> None:
        found.append(context)

    with mock.patch.object(type(get_adapter()), "send_mail", keep):
        # Without a request the link has the site's domain.
        form.save(None)
    return found


def main() -> None:
    serve(lambda request: AccountsHandler(request["command"]))
