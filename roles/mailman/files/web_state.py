# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the web interface's database to what is declared, in one Django start.

Reads a JSON object on stdin (site, mail_domains, administrator, check), writes one
on stdout: {"changes": [sentence, ...], "others": [name of another superuser, ...]} or
{"error": sentence}. With "check" true nothing is written. Runs as the web interface's
user, in its directory.
"""

import contextlib
import json
import os
import sys
import time
from pathlib import Path

# Newer than the web interface's processes: they do not know what changed. Each keeps the site it once read.
CHANGED = Path("/var/lib/mailman3/web/listops-changed")
BUSY_SECONDS = 60
PAUSE_SECONDS = 0.2


class Refused(Exception):
    """What is declared cannot be."""


def migrate(*, check):
    """Create or update the tables: the first time on a database server, later after an upgrade."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        return
    yield "{} migrations of the database".format(len(plan))
    if not check:
        CHANGED.touch()
        call_command("migrate", interactive=False, verbosity=0)


def update(record, wanted, *, what, check):
    """Set the fields that differ, and say which."""
    different = {field: value for field, value in wanted.items() if getattr(record, field) != value}
    if record._state.adding:
        yield "{}: created".format(what)
    else:
        for field, value in different.items():
            yield "{}: {} {!r} -> {!r}".format(what, field, getattr(record, field), value)
    for field, value in different.items():
        setattr(record, field, value)
    if not check and (different or record._state.adding):
        record.save()


def categories(*, check):
    """Those of HyperKitty's threads, which the Debian package brings for an archive that is new."""
    from django.core.management import call_command
    from hyperkitty.models import Thread, ThreadCategory

    if ThreadCategory.objects.exists() or Thread.objects.exists():
        return
    yield "the categories of threads"
    if not check:
        call_command("loaddata", "first_start", verbosity=0)


def site(wanted, *, check):
    from django.conf import settings
    from django.contrib.sites.models import Site

    record = Site.objects.filter(pk=settings.SITE_ID).first() or Site(pk=settings.SITE_ID)
    yield from update(record, wanted, what="site", check=check)


def mail_domains(wanted, *, check):
    from django.conf import settings
    from django_mailman3.models import MailDomain

    records = {record.mail_domain: record for record in MailDomain.objects.filter(mail_domain__in=wanted)}
    for name in wanted:
        record = records.get(name) or MailDomain(mail_domain=name)
        yield from update(record, {"site_id": settings.SITE_ID}, what="mail domain " + name, check=check)


def administrator(wanted, *, check):
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import check_password

    user_model = get_user_model()
    record = user_model.objects.filter(username=wanted["name"]).first() or user_model(username=wanted["name"])
    what = "administrator {}".format(wanted["name"])
    if not record._state.adding and not record.is_superuser and not confirmed(record, wanted["email"]):
        raise Refused(
            "mailman_admin_name is {!r}, which is the account of {}: give a name that nobody has, or the account"
            " that has confirmed {}, which is mailman_admin_email.".format(
                wanted["name"], record.email or "somebody", wanted["email"]
            )
        )
    usable = record.password and record.has_usable_password()
    if not usable or (wanted["password_enforced"] and not check_password(wanted["password"], record.password)):
        record.set_password(wanted["password"])
        if not record._state.adding:
            yield "{}: password changed".format(what)
            if not check:
                record.save(update_fields=["password"])
    fields = {"email": wanted["email"], "is_active": True, "is_staff": True, "is_superuser": True}
    yield from update(record, fields, what=what, check=check)
    yield from confirmed_address(record, wanted["email"], what=what, check=check)


def confirmed(user, email):
    from allauth.account.models import EmailAddress

    return EmailAddress.objects.filter(user_id=user.pk, email__iexact=email, verified=True).exists()


def confirmed_address(user, email, *, what, check):
    """Otherwise the first login waits for a mail to be answered."""
    from allauth.account.models import EmailAddress

    for other in EmailAddress.objects.filter(email__iexact=email).exclude(user_id=user.pk):
        name = other.user.username
        if other.verified:
            raise Refused(
                "mailman_admin_email is {0!r}, which the account {1} has confirmed: give another address, or"
                " mailman_admin_name: {1}.".format(email, name)
            )
        # Anybody can claim an address.
        yield "{}: {} is no longer claimed by the account {}".format(what, email, name)
        if not check:
            other.delete()
    for other in EmailAddress.objects.filter(user_id=user.pk, primary=True).exclude(email__iexact=email):
        yield from update(other, {"primary": False}, what="{}, address {}".format(what, other.email), check=check)
    record = EmailAddress.objects.filter(user_id=user.pk, email__iexact=email).first() or EmailAddress(user=user)
    fields = {"email": email, "verified": True, "primary": True}
    yield from update(record, fields, what="{}, address {}".format(what, email), check=check)


def declared(request, *, check):
    yield from categories(check=check)
    yield from site(request["site"], check=check)
    yield from mail_domains(request["mail_domains"], check=check)
    if request["administrator"]:
        yield from administrator(request["administrator"], check=check)


def others(name):
    """Who else may do everything."""
    from django.contrib.auth import get_user_model

    people = get_user_model().objects.filter(is_superuser=True, is_active=True).exclude(username=name)
    return sorted(people.values_list("username", flat=True))


def bring_about(request):
    import django
    from django.db import OperationalError, transaction

    django.setup()
    check = request["check"]
    changes = list(migrate(check=check))
    if changes and check:
        return {"changes": changes, "others": []}
    began = time.monotonic()
    while True:
        try:
            with transaction.atomic():
                answer = changes + list(declared(request, check=check))
                if not check and (answer or not CHANGED.exists()):
                    CHANGED.touch()
                return {"changes": answer, "others": others(request["administrator"].get("name", ""))}
        except OperationalError as exc:
            # SQLite refuses at once whoever has read and now wants to write while another does.
            if "database is locked" not in str(exc) or time.monotonic() - began > BUSY_SECONDS:
                raise
            time.sleep(PAUSE_SECONDS)


def main():
    request = json.load(sys.stdin)
    os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
    try:
        # Django and its applications talk on stdout.
        with contextlib.redirect_stdout(sys.stderr):
            answer = bring_about(request)
    except Refused as exc:
        answer = {"error": str(exc)}
    except Exception as exc:
        # The caller hides this program's output, because it was given a password.
        answer = {"error": "{}: {}".format(type(exc).__name__, exc)}
    json.dump(answer, sys.stdout)


main()
