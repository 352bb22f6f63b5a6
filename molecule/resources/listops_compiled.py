# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts only: keep what Python compiles of an archive.

Ansible sends each module as an archive of sources, which Python compiles anew
for every task: half of the time that a task takes on a host without latency.
"""

import contextlib
import marshal
import os
import sys
import zipimport
from _imp import source_hash

FOLDER = "/var/cache/listops-compiled"
compile_anew = zipimport._compile_source


def compile_source(path, source):
    # an upgrade of Debian brings another Python, which cannot load what this one compiled
    version = sys.implementation.cache_tag
    name = os.path.join(FOLDER, f"{os.path.basename(path)}-{version}-{source_hash(len(source), source).hex()}")
    with contextlib.suppress(OSError), open(name, "rb") as kept:
        return marshal.load(kept)
    code = compile_anew(path, source)
    # Only root may write there, and only root's modules are many.
    with contextlib.suppress(OSError):
        with open(f"{name}.{os.getpid()}", "xb") as fresh:
            marshal.dump(code, fresh)
        os.replace(fresh.name, name)
    return code


zipimport._compile_source = compile_source
