# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A message, and what it may be made to say."""

from __future__ import annotations

REPLACEMENT = {"text": "Removed.", "subject": None, "sender": None}
ALL = {"text": "Entfernt: ä.\nFrom here on nothing.", "subject": "(gelöscht)", "sender": ["Nobody", "no@example.org"]}
MESSAGE = b"""From ann@example.net Mon Jan  5 10:00:00 2026
Received: from ann's computer
From: Ann <ann@example.net>
Subject: A secret
\tof mine
Message-ID: <One@example.net>
References: <zero@example.net>
X-Secret: a secret
Content-Type: multipart/mixed; boundary=x

--x

The secret.
--x--
"""
