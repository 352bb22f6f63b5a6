# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules inside the host, each in a process of its own that need not import Ansible again.

One JSON object a line: {"module": dotted name, "told": what Ansible tells a module}.
It is plain Python 3 for the host's own interpreter.
"""

import json
import os
import runpy
import sys
import tempfile

from ansible.module_utils import basic


def run(module, told):
    """What a module prints, and what it complains of."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            try:
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": told}).encode()
                basic._ANSIBLE_PROFILE = "legacy"
                runpy.run_module(module, run_name="__main__")
            except SystemExit as exc:
                sys.stdout.flush()
                os._exit(exc.code or 0)
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
        os.waitpid(child, 0)
        out.seek(0)
        err.seek(0)
        return {"out": out.read().decode(), "err": err.read().decode()}


for line in sys.stdin:
    print(json.dumps(run(**json.loads(line))), flush=True)
