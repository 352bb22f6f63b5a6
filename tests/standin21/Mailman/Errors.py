# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, by the names that callers catch."""


class MailmanError(Exception):
    pass


class MMListError(Exception):
    pass


class MMUnknownListError(MMListError):
    pass


class MMCorruptListDatabaseError(MMListError):
    pass


class MMListAlreadyExistsError(MMListError):
    pass


class BadListNameError(MMListError):
    pass


class EmailAddressError(MailmanError):
    pass


class MMBadEmailError(EmailAddressError):
    pass


class MMHostileAddress(EmailAddressError):
    pass


class MMMemberError(Exception):
    pass


class MemberError(Exception):
    pass


class MMAlreadyAMember(MMMemberError):
    pass


class NotAMemberError(MemberError):
    pass


class MembershipIsBanned(MemberError):
    pass


class AlreadyReceivingDigests(MemberError):
    pass


class AlreadyReceivingRegularDeliveries(MemberError):
    pass
