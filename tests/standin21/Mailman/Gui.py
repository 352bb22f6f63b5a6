# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings as the web pages and config_list show and take them."""

import types

from Mailman import mm_cfg
from Mailman.settings import SETTINGS

DAY = 24 * 60 * 60
DAYS = ('bounce_info_stale_after', 'bounce_you_are_disabled_warnings_interval')
LINES = ('filter_mime_types', 'pass_mime_types', 'filter_filename_extensions', 'pass_filename_extensions')


class Refused(ValueError):
    """What config_list says of a value that it does not take."""


class Pages:
    """The rows of the web pages."""

    def GetConfigInfo(self, mlist, category, subcat=None):
        """A heading, and (name, widget, its parameters, dependency, explanation) of each setting."""
        for name, sub, settings in SETTINGS:
            if (name, sub) == (category, subcat):
                # the first choice of a subscription policy is number 1
                return [category.capitalize()] + [
                    (what, widget, self._parameters(widget, choices), int(what == 'subscribe_policy'), what)
                    for what, widget, choices, _default in settings]
        return None

    @staticmethod
    def _parameters(widget, choices):
        if widget == mm_cfg.Select:
            languages = sorted(mm_cfg.LC_DESCRIPTIONS)
            return (languages, [mm_cfg.LC_DESCRIPTIONS[key][0] for key in languages], 0)
        return choices


class Gui:
    def GetConfigCategories(self):
        """Category -> (its label, the object that shows it)."""
        return dict((category, (category.capitalize(), self._gui[0])) for category in mm_cfg.ADMIN_CATEGORIES)

    def GetConfigSubCategories(self, category):
        found = [(sub, sub.capitalize()) for name, sub, _settings in SETTINGS if name == category and sub]
        return found or None

    def GetConfigInfo(self, category, subcat=None):
        return self._gui[0].GetConfigInfo(self, category, subcat)

    def shown_value(self, name):
        """As config_list prints it."""
        value = getattr(self, name)
        if name in DAYS:
            return int(value // DAY)
        if name in LINES:
            return '\n'.join(value)
        return value

    def take_value(self, name, widget, value):
        """What config_list makes of an assignment: the value to keep, or Refused."""
        if name == 'real_name' and value.lower() != self.internal_name():
            raise Refused("<b>real_name</b> attribute not\n            changed!  It must differ from the list's name"
                          " by case\n            only.")
        if name == 'host_name' and (' ' in value or '.' not in value):
            raise Refused('<b>host_name</b> attribute not changed!\n                It must be a valid domain name.')
        if name == 'info' and '<script' in value:
            raise Refused('The <b>info</b> attribute you saved\ncontains suspicious HTML.')
        if widget in (mm_cfg.Radio, mm_cfg.Toggle):
            return self._number(int, name, value)
        if widget == mm_cfg.Number:
            number = self._number(float, name, value)
            if number < 0:
                return getattr(self, name)
            if name in DAYS:
                number *= DAY
            return number if name == 'bounce_score_threshold' else int(number)
        if name in LINES and isinstance(value, types.StringTypes):
            return [line for line in value.splitlines() if line]
        if widget in (mm_cfg.EmailList, mm_cfg.EmailListEx) and isinstance(value, types.StringTypes):
            return [line.strip() for line in value.splitlines() if line.strip()]
        if name == 'acceptable_aliases' and isinstance(value, types.StringTypes):
            return '\n'.join(line for line in value.splitlines() if line)
        return value

    @staticmethod
    def _number(kind, name, value):
        try:
            return kind(value)
        except ValueError:
            raise Refused('Invalid value for property: ' + name)
