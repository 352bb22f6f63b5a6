# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The platform role has no variables: it refuses hosts. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.given import Given
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import Rule

RULES: dict[str, Rule] = {}
RELEASES = ("11", "12", "13")


def supported(facts: Mapping[str, Any]) -> bool:
    """Whether the roles support a host, as far as it is known."""
    # Derivatives have packages, and testing and unstable have versions, that are not tested.
    return "distribution" not in facts or (
        facts["distribution"] == "Debian" and str(facts.get("distribution_major_version")) in RELEASES
    )


def together(given: Given) -> None:
    """Refuse a host with another distribution."""
    if not supported(given.host):
        given.complain(
            "{0} is {distribution} {distribution_version} ({distribution_release}): give a host with Debian 12 or 13, or 11"
            " for Mailman 2.1.".format(given.host_name, **given.host)
        )
