# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message stores of Mailman 3: HyperKitty, and the copies that Mailman itself keeps."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._errors import NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._hyperkitty.messages import HYPERKITTY_REDACTION
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._mailman3.remote import locks, redact
from ansible_collections.listops.mailman.plugins.module_utils._programs.process import Process
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import contents, digests, message
from ansible_collections.listops.mailman.plugins.module_utils._redaction.stores import MessageStore, Stores

REDACTION = PROGRAM._replace(modules=(*PROGRAM.modules, contents, message, digests, locks, redact))


@contextlib.contextmanager
def open_stores(connection: Connection, web: WebInterface, *, readonly: bool) -> Iterator[Stores]:
    core = Process(
        REDACTION,
        command=connection.command,
        user=connection.user,
        config=connection.config,
        readonly=readonly,
    )
    try:
        archive = Process(HYPERKITTY_REDACTION, command=web.manage, user=web.user)
    except NotInstalled:
        if web.manage is not None:
            raise
        raise Invalid(
            "HyperKitty is not installed here, and it is the archive that has pages; set web_manage"
        ) from None
    with core, archive:
        archive.begin()
        yield Stores(core.server_info["domains"], [MessageStore(archive), MessageStore(core, archive=False)])
