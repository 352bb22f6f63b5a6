# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names from the example inventory that the proofs rely on."""

from __future__ import annotations

DOMAIN = "lists.example.org"
OLD_DOMAIN = "mail.example.org"
WEB = f"https://{DOMAIN}/mailman3"
ARCHIVES = f"{WEB}/hyperkitty"
LISTS = f"{WEB}/postorius/lists/"
PUBLIC = f"wikitech-l@{DOMAIN}"  # open to everybody, public archive
PRIVATE = f"arbcom-l@{DOMAIN}"  # private archive, behind digest authentication
INTERNAL = f"internal-l@{DOMAIN}"  # private archive
ARCHIVE = f"{ARCHIVES}/list/{PRIVATE}/"
REALM = "arbcom-l archive"

# Members of the public list that the inventory declares; Carol asked for digests.
ALICE, BOB, CAROL = "alice@example.net", "bob@example.net", "carol@example.net"
DAVE = "dave@example.net"  # on internal-l only
OWNER = "list-admin@example.org"
ROOT = "list-admin@example.net"  # who gets the postmaster's mail

# These the proofs add to the public list; the domain of Sue publishes p=reject.
ERIN, SUE = "erin@example.net", "sue@example.com"
STRANGER = "stranger@example.net"
