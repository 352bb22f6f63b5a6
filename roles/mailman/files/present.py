# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the present configuration of Mailman 3 says, and that of the inventory does not.

Standard input has a JSON object: ours, the sections of the mailman.cfg to come, secrets left out; web, the names of the settings of the
web interface to come; database and web_database, the addresses of the databases to come, without passwords. Standard output has one with
lost, what only the present configuration sets, and databases, those of the present that will be out of view, with what is in them.

Reads only. The web interface's settings are a program: they are run as the web interface runs them, by its user. Databases are
opened by their users.
"""

import configparser
import json
import os
import pwd
import re
import subprocess
import sys
from urllib.parse import unquote, urlsplit

CORE = "/etc/mailman3/mailman.cfg"
ARCHIVER = "/etc/mailman3/mailman-hyperkitty.cfg"
WEB = "/etc/mailman3/mailman-web.py"
# What the package installed.
PRISTINE = "/var/lib/ucf/cache/:etc:mailman3:{}"
PATHS = {"var_dir": "/var/lib/mailman3", "data_dir": "$var_dir/data"}
PORTS = {"postgresql": 5432, "mysql": 3306}
# Secrets of every installation, and what goes with them; ours are generated.
SECRETS = {"admin_pass", "api_key", "url"}
WEB_SECRETS = {"DATABASES", "SECRET_KEY", "MAILMAN_REST_API_PASS", "MAILMAN_ARCHIVER_KEY"}
# Run by the web interface's user: its settings in capitals, as texts. They are imported by the packaged ones, and may import those.
SHOW = """
import importlib.util, json, sys
path = sys.argv[1]
class Candidate:
    def find_spec(self, name, *_rest):
        return importlib.util.spec_from_loader(name, self) if name == "settings_local" else None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        with open(path) as file:
            exec(compile(file.read(), path, "exec"), module.__dict__)
sys.meta_path.insert(0, Candidate())
sys.path.insert(0, "/usr/share/mailman3-web")
if importlib.util.find_spec("settings"):
    import settings
import settings_local
json.dump({name: value for name, value in vars(settings_local).items() if name.isupper()}, sys.stdout, default=repr)
"""
# Run by the user of a service: how many rows a table of its database has; no number when it cannot be looked into.
COUNT = """
import json, os, sqlite3, sys
path, table = sys.argv[1:]
rows = None if os.path.exists(path) else 0
if rows is None:
    try:
        database = sqlite3.connect(
            "file:{}?mode=ro".format(path.replace("?", "%3f").replace("#", "%23")), uri=True, timeout=20
        )
        rows = database.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
        # the name of a table is no parameter, and ours
        rows = rows and database.execute("SELECT count(*) FROM " + table).fetchone()[0]
    except sqlite3.Error:
        rows = None
json.dump(rows, sys.stdout)
"""


def as_user(name, program, *words):
    """Run a program as a user, to whom belongs what it goes to."""
    user = pwd.getpwnam(name)

    def become():
        os.initgroups(user.pw_name, user.pw_gid)
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return subprocess.run(
        ["/usr/bin/python3", "-B", "-c", program, *words],
        preexec_fn=become if os.geteuid() == 0 else None,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def sections(path):
    """A configuration file with those it extends: sections of keys and values; nothing when there is none."""
    parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"), allow_no_value=True, default_section="")
    parser.optionxform = str
    try:
        with open(path, encoding="utf-8") as file:
            parser.read_file(file)
    except FileNotFoundError:
        return {}
    found = {name: dict(parser[name]) for name in parser.sections()}
    below = found.pop("meta", {}).get("extends")
    merged = sections(os.path.join(os.path.dirname(path), below)) if below else {}
    for name, keys in found.items():
        merged.setdefault(name, {}).update(keys)
    return merged


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def said(value):
    """A value in one spelling."""
    words = " ".join(("" if value is None else str(value)).split())
    return {"true": "yes", "on": "yes", "1": "yes", "false": "no", "off": "no", "0": "no"}.get(words.lower(), words)


def only_there(present, ours, *known):
    """Section and key of what neither ours nor the package sets so."""
    return [
        "[{}] {}".format(section, key)
        for section, keys in present.items()
        for key, value in keys.items()
        if key not in SECRETS
        and all(said(value) != said(other.get(section, {}).get(key)) for other in (ours, *known))
        and not (said(value) == "" and key not in ours.get(section, {}))
    ]


def core_database(present):
    """The address of the core's database, as Mailman makes it out, or nothing."""
    url = present.get("database", {}).get("url")
    if not url:
        return None
    layout = present.get("mailman", {}).get("layout", "")
    paths = {**PATHS, **present.get("paths." + layout, {})}
    for _round in range(5):
        url = re.sub(r"\$\{?(\w+)\}?", lambda found: paths.get(found[1].lower(), found[0]), url)
    return url


def web_database(settings):
    """The address of the web interface's database, in the same form."""
    given = settings.get("DATABASES", {}).get("default", {})
    if not given:
        return None
    engine = given.get("ENGINE", "").rpartition(".")[2]
    if engine == "sqlite3":
        return "sqlite:///" + str(given.get("NAME", ""))
    place = given.get("HOST", "") or "localhost"
    return "{}://{}:{}/{}".format(engine.partition("_")[0], place, given.get("PORT", "") or "", given.get("NAME", ""))


def place(url):
    """What says whether two addresses are of one database: no user, no password, no option."""
    parts = urlsplit(url)
    kind = parts.scheme.partition("+")[0]
    kind = "postgresql" if kind == "postgres" else kind
    if kind == "sqlite":
        return kind, os.path.realpath("/" + unquote(parts.path).lstrip("/"))
    host = (parts.hostname or "localhost").replace("localhost", "127.0.0.1").replace("::1", "127.0.0.1")
    return kind, host, parts.port or PORTS.get(kind), unquote(parts.path).strip("/")


def shown(url):
    """An address without its password."""
    return re.sub(r"(//[^/@:]*):[^@]*@", r"\1:...@", url).partition("?")[0]


def content(url, user, table):
    """How many rows a database of SQLite has; nothing for one that cannot be looked into."""
    kind, path, *_rest = place(url)
    if kind != "sqlite":
        return None
    done = as_user(user, COUNT, path, table)
    return None if done.returncode else json.loads(done.stdout)


def web_settings(path):
    """The settings of the web interface, and what is wrong with them."""
    if not os.path.exists(path):
        return {}, ""
    done = as_user("www-data", SHOW, path)
    if done.returncode:
        return {}, (done.stderr.strip().splitlines() or ["it could not be run"])[-1]
    return json.loads(done.stdout), ""


def out_of_view(file, url, wanted, user, table, things):
    """A database that is not the wanted one and has something in it, or may have."""
    if not url or place(url) == place(wanted):
        return []
    rows = content(url, user, table)
    if rows == 0:
        return []
    return [
        "{} has the database {}{}".format(file, shown(url), "" if rows is None else ", with {} {}".format(rows, things))
    ]


def main(core=CORE, archiver=ARCHIVER, web=WEB):
    given = json.load(sys.stdin)
    databases = []
    lost = []
    try:
        present = sections(core)
        # one that ours extends is ours, and has no more
        if present and "mailman-secrets.cfg" not in text(core):
            lost += only_there(present, given["ours"], sections(PRISTINE.format("mailman.cfg")))
            base = sections(archiver).get("general", {}).get("base_url")
            usual = (
                given["archiver"],
                sections(PRISTINE.format("mailman-hyperkitty.cfg")).get("general", {}).get("base_url"),
            )
            if base and base not in usual:
                lost.append("[general] base_url of " + os.path.basename(archiver))
    except (OSError, ValueError, configparser.Error) as exc:
        present = {}
        databases.append("{} cannot be read ({})".format(core, str(exc).splitlines()[0]))
    databases += out_of_view(core, core_database(present), given["database"], "list", "mailinglist", "lists")
    settings, wrong = web_settings(web)
    if wrong:
        databases.append("{} cannot be run ({})".format(web, wrong))
    elif settings:
        if "mailman-web-secrets.json" not in text(web):
            known = web_settings(PRISTINE.format("mailman-web.py"))[0]
            lost += sorted(
                name
                for name, value in settings.items()
                if name not in WEB_SECRETS and name not in given["web"] and value != known.get(name)
            )
        databases += out_of_view(
            web, web_database(settings), given["web_database"], "www-data", "hyperkitty_email", "archived messages"
        )
    json.dump({"lost": lost, "databases": databases}, sys.stdout)


if __name__ == "__main__":
    main()
