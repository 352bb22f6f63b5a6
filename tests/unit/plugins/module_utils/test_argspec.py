# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._argspec import (
    CONNECTION_SPEC,
    WEB_SPEC,
    Connection,
    WebInterface,
)


class Asked(dict):
    """Parameters that remember which of them were asked for."""

    def __init__(self, spec):
        super().__init__({name: option.get("default") for name, option in spec.items()})
        self.asked = set()

    def __getitem__(self, name):
        self.asked.add(name)
        return super().__getitem__(name)


def test_every_option_is_used_and_the_defaults_are_the_same():
    for spec, options in ((CONNECTION_SPEC, Connection), (WEB_SPEC, WebInterface)):
        params = Asked(spec)
        assert options.of(params) == options()
        assert params.asked == spec.keys()
