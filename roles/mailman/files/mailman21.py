# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Mailman 2.1's own Python 2.7, as its user:

facts BIN               what this Mailman is, as JSON
check BIN CANDIDATE     checks a candidate mm_cfg.py, or with - standard input, against Mailman's own defaults

Percent signs are not allowed here, because the program travels inside a validate command.
"""

import copy
import json
import os
import re
import sys

BASIC = ((bool, int, long, float), (str, unicode), (list, tuple), (dict,))  # noqa: F821 # pylint: disable=undefined-variable


def settings(space):
    """What a configuration sets: names in capitals."""
    return {name: value for name, value in space.items() if re.match("[A-Z][A-Z0-9_]*$", name)}


def facts(Defaults):
    # mm_cfg.py has the same lists, and may put something into one
    defaults = copy.deepcopy(settings(vars(Defaults)))
    try:
        from Mailman import mm_cfg
    except Exception:  # a broken file is there to be replaced
        mm_cfg = Defaults
    site_list = os.path.join(mm_cfg.LIST_DATA_DIR, mm_cfg.MAILMAN_SITE_LIST, "config.pck")
    return {
        "version": mm_cfg.VERSION,
        "user": mm_cfg.MAILMAN_USER,
        "group": mm_cfg.MAILMAN_GROUP,
        "log_dir": os.path.realpath(mm_cfg.LOG_DIR),
        "lock_dir": os.path.realpath(mm_cfg.LOCK_DIR),
        "pid_file": mm_cfg.PIDFILE,
        "site_list": mm_cfg.MAILMAN_SITE_LIST,
        "site_list_exists": os.path.exists(site_list),
        "sets": sorted(name for name in defaults if getattr(mm_cfg, name, None) != defaults[name]),
        # as nothing of Mailman's reads it, it cannot be in mailman_mm_cfg
        "strange": sorted(set(settings(vars(mm_cfg))).difference(defaults)),
    }


def kind(value):
    return [types for types in BASIC if isinstance(value, types)]


def fits(name, value, default):
    """Nothing at all switches things off; otherwise it is what it was: a number, a text, a list or a dictionary."""
    # False is no archiver, and any other is a command
    if name.endswith("_EXTERNAL_ARCHIVER"):
        default = ""
    return default is None or value in (None, 0) or kind(value) == kind(default)


def text(path):
    if path == "-":
        return sys.stdin.read()
    with open(path) as candidate:
        return candidate.read()


def problems(Defaults, path):
    # as Mailman imports it, for whom "Defaults" is a neighbour
    space = {"__name__": "Mailman.mm_cfg", "__file__": path}
    try:
        exec(compile(text(path), "mm_cfg.py", "exec"), space)
    except Exception as exc:
        yield "{0}: {1}".format(type(exc).__name__, exc)
        return
    defaults = settings(vars(Defaults))
    for name, value in sorted(settings(space).items()):
        if name not in defaults:
            yield "{0} is not a setting of Mailman {1}: give one of its Defaults.py".format(name, Defaults.VERSION)
        elif not fits(name, value, defaults[name]):
            yield "{0} is {1!r}: give a value of the type of Mailman's default, {2!r}".format(
                name, value, defaults[name]
            )
    for pair in space.get("KNOWN_SPAMMERS") or []:
        try:
            header, pattern = pair
            re.compile(pattern)
        except Exception as exc:
            yield "KNOWN_SPAMMERS has {0!r}: {1}".format(pair, exc)
    languages = space.get("LC_DESCRIPTIONS")
    # the file of secrets has none
    if languages and space.get("DEFAULT_SERVER_LANGUAGE") not in languages:
        yield "DEFAULT_SERVER_LANGUAGE is {0!r}: give {1}".format(
            space.get("DEFAULT_SERVER_LANGUAGE"), ", ".join(sorted(languages))
        )


def main(what, folder, *candidates):
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    # as each of Mailman's own commands begins
    import paths  # noqa: F401
    from Mailman import Defaults

    if what == "facts":
        json.dump(facts(Defaults), sys.stdout)
        return
    found = list(problems(Defaults, candidates[0]))
    if found:
        sys.exit("mm_cfg.py: " + "; ".join(found))


main(*sys.argv[1:])
