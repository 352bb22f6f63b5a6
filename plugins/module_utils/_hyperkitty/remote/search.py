# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HyperKitty's search index. Runs in HyperKitty's interpreter.

Haystack's interface adds to any kind of index. It removes documents one by one, and never what they leave in an index's files:
Whoosh and Xapian, which Debian has, are asked themselves for both.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import threading
from functools import partial
from typing import Any, ContextManager, Iterable, Sequence

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def add(messages: Sequence[Any]) -> None:
    """Add mails of HyperKitty, or replace them in the index."""
    from haystack import connections
    from hyperkitty.models import Email

    connection, before = connections["default"], threading.enumerate()
    connection.get_backend().update(connection.get_unified_index().get_index(Email), messages)
    # Whoosh continues in a thread while another process writes, and is not done before that.
    for thread in threading.enumerate():
        if thread not in before:
            thread.join()


def remove(keys: Iterable[int]) -> None:
    """Remove mails by their numbers; those that are not in the index are none of its business."""
    backend = _backend()
    documents = ["hyperkitty.email.{0}".format(key) for key in keys]
    if _is_whoosh(backend):
        _remove_from_whoosh(backend, documents)
    elif _is_xapian(backend):
        _remove_from_xapian(backend, documents)
    else:
        for document in documents:
            backend.remove(document)


def scrub() -> None:
    """Write the index's files again, since old words stay in them until then."""
    backend = _backend()
    if _is_whoosh(backend):
        from whoosh.writing import AsyncWriter

        writer = AsyncWriter(backend.index.refresh())
        writer.commit(mergetype=merge_whoosh)
        if writer.ident is not None:
            writer.join()
    elif _is_xapian(backend):
        _rewrite_xapian(backend)


def _backend() -> Any:
    from haystack import connections

    return connections["default"].get_backend()


def _is_whoosh(backend: Any) -> bool:
    return hasattr(backend, "index")


def _is_xapian(backend: Any) -> bool:
    return type(backend).__module__.rpartition(".")[2] == "xapian_backend"


def _remove_from_whoosh(backend: Any, documents: Iterable[str]) -> None:
    from haystack.constants import ID
    from whoosh.writing import AsyncWriter

    backend.setup()
    writer = AsyncWriter(backend.index)
    for document in documents:
        writer.delete_by_term(ID, document)
    writer.commit()


def merge_whoosh(writer: Any, segments: list[Any]) -> list[Any]:
    """Merge everything as Whoosh does, but without words for spelling suggestions, which HyperKitty does not use.

    Whoosh stores these for a wrong document, so that they would stay.
    """
    from whoosh.reading import SegmentReader

    fields = [(name, field) for name, field in writer.schema.items() if field.separate_spelling()]
    suggestions = {field.spelling_fieldname(name) for name, field in fields}
    for segment in segments:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        postings = reader.iter_postings()
        reader.iter_postings = partial(filter, lambda posting: posting[0] not in suggestions, postings)
        writer.add_reader(reader)
        reader.close()
    return []


def _only_writer(backend: Any) -> ContextManager[Any]:
    """The lock that haystack's writers to Xapian wait for."""
    lock: ContextManager[Any] = backend.filelock if backend.use_lockfile else contextlib.nullcontext()
    return lock


def _remove_from_xapian(backend: Any, documents: Iterable[str]) -> None:
    from haystack.constants import ID
    from xapian_backend import TERM_PREFIXES

    with _only_writer(backend):
        database = backend._database(writable=True)
        for document in documents:
            database.delete_document(TERM_PREFIXES[ID] + document)
        database.close()


def _rewrite_xapian(backend: Any) -> None:
    """Copy the documents, and put the copy in the index's place in one step.

    Xapian's own compaction would keep the first and the last text of a field, although its document is gone.
    """
    import xapian

    new = backend.path + ".new"
    with _only_writer(backend):
        shutil.rmtree(new, ignore_errors=True)
        source, target = xapian.Database(backend.path), xapian.WritableDatabase(new, xapian.DB_CREATE)
        for posting in source.postlist(""):
            target.replace_document(posting.docid, source.get_document(posting.docid))
        target.close()
        if backend.use_lockfile:
            # Who waits for the lock waits for this file.
            os.link(backend.filelock.lock_file, os.path.join(new, os.path.basename(backend.filelock.lock_file)))
        exchange(new, backend.path)
        shutil.rmtree(new)


def exchange(one: str, other: str) -> None:
    """Let two folders change places, so that there is one of each name at any moment. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    if library.renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), other)
