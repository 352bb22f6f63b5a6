# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""There are no translations here."""

_language = 'en'


def C_(text):
    return text


def set_language(language=None):
    global _language
    _language = language or 'en'


def get_translation():
    return _language


def set_translation(translation):
    set_language(translation)
