# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The message store of Mailman 2.1: Pipermail, and digests that are not sent yet."""

from __future__ import annotations

import contextlib
from typing import Iterator

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection, WebInterface
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid
from ansible_collections.listops.mailman.plugins.module_utils._mailman21 import translate
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.client import start
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.program import PROGRAM
from ansible_collections.listops.mailman.plugins.module_utils._mailman21.remote import redact
from ansible_collections.listops.mailman.plugins.module_utils._redaction.remote import (
    contents,
    digests,
    message,
    pipermail,
)
from ansible_collections.listops.mailman.plugins.module_utils._redaction.stores import MessageStore, Stores

REDACTION = PROGRAM._replace(modules=(*PROGRAM.modules, contents, message, digests, pipermail, redact))


@contextlib.contextmanager
def open_stores(connection: Connection, _web: WebInterface, *, readonly: bool) -> Iterator[Stores]:
    """readonly: has no effect here."""
    with start(REDACTION, connection) as process:
        server = translate.server(process.server_info)

        def local(address: str) -> str:
            if address not in server.lists:
                raise Invalid(
                    "list {0} does not exist: give a list of this Mailman, which is needed to edit its archive".format(
                        address
                    )
                )
            return server.lists[address]

        yield Stores(server.info.domains, [MessageStore(process, local)])
