# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All programs that are sent to an interpreter."""

from __future__ import annotations

from ansible_collections.listops.mailman.plugins.module_utils._accounts.program import PROGRAM as ACCOUNTS
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.messages import HYPERKITTY_REDACTION
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.program import PROGRAM as HYPERKITTY
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.messages import REDACTION as MAILMAN3_REDACTION
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.program import PROGRAM as MAILMAN3
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.messages import (
    REDACTION as MAILMAN21_REDACTION,
)
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import COPY
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import PROGRAM as MAILMAN21
from ansible_collections.listops.mailman.plugins.module_utils._migrate.batch.program import ASIDE
from ansible_collections.listops.mailman.plugins.module_utils._migrate.placing.program import PLACE
from ansible_collections.listops.mailman.plugins.module_utils._migrate.program import PROGRAM as LOADER
from ansible_collections.listops.mailman.plugins.module_utils._migrate.program import TEXTS
from ansible_collections.listops.mailman.plugins.module_utils._migrate.returned.program import RETURNED
from ansible_collections.listops.mailman.plugins.module_utils._migrate.rollback.program import POSTED, RETURNING
from ansible_collections.listops.mailman.plugins.module_utils._migrate.search.program import SEARCH
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.program import SURVEY, TRIAL
from ansible_collections.listops.mailman.plugins.module_utils._migrate.waiting.program import REQUESTS, WAITING
from ansible_collections.listops.mailman.plugins.module_utils._migrate.whole.program import WHOLE_CORE, WHOLE_WEB
from ansible_collections.listops.mailman.plugins.module_utils._redaction.program import COPIES

PROGRAMS = {
    "mailman3": MAILMAN3,
    "mailman3 redaction": MAILMAN3_REDACTION,
    "mailman3 requests": REQUESTS,
    "mailman3 returning": RETURNING,
    "mailman21": MAILMAN21,
    "mailman21 copy": COPY,
    "mailman21 waiting": WAITING,
    "mailman21 aside": ASIDE,
    "mailman21 place": PLACE,
    "mailman21 survey": SURVEY,
    "mailman21 returned": RETURNED,
    "mailman21 redaction": MAILMAN21_REDACTION,
    "hyperkitty": HYPERKITTY,
    "hyperkitty redaction": HYPERKITTY_REDACTION,
    "hyperkitty loader": LOADER,
    "hyperkitty trial": TRIAL,
    "hyperkitty index": SEARCH,
    "texts": TEXTS,
    "hyperkitty posted": POSTED,
    "redaction of copies": COPIES,
    "accounts": ACCOUNTS,
    "mailman3 whole": WHOLE_CORE,
    "hyperkitty whole": WHOLE_WEB,
}
