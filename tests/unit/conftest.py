# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from hypothesis import HealthCheck, settings

# Whether a busy machine is slow is not what these tests are about.
settings.register_profile("listops", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("listops")
