# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of Mailman 3 and its web interface as variables of the mailman role. Pure."""

from __future__ import annotations

import configparser
import functools
import json
import os
import re
from typing import Any, Callable, Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables, python_settings
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import mailman_cfg

CORE = "/etc/mailman3/mailman.cfg"
ARCHIVER = "/etc/mailman3/mailman-hyperkitty.cfg"
WEB = "/etc/mailman3/mailman-web.py"
WEB_SECRETS = "/etc/mailman3/mailman-web-secrets.json"
KEPT = "/etc/mailman3/listops-secrets.json"
UWSGI = "/etc/mailman3/listops-uwsgi.ini"
# What the package made of each.
_PRISTINE = "/var/lib/ucf/cache/:etc:mailman3:"

_ADMINISTRATOR = (
    "Administrators of the pages stay as they are, as mailman_admin_name is empty: give a name to have the role look "
    "after one."
)

Sections = dict[str, dict[str, str]]
# Of mailman.cfg: section and key -> variable.
_VARIABLES = {
    ("mailman", "site_owner"): "mailman_site_owner",
    ("mailman", "noreply_address"): "mailman_noreply_name",
    ("mailman", "default_language"): "mailman_language",
    ("mta", "smtp_host"): "mailman_smtp_host",
    ("mta", "smtp_port"): "mailman_smtp_port",
    ("mta", "lmtp_host"): "mailman_lmtp_host",
    ("mta", "lmtp_port"): "mailman_lmtp_port",
    ("mta", "max_recipients"): "mailman_smtp_max_recipients",
    ("webservice", "hostname"): "mailman_rest_host",
    ("webservice", "port"): "mailman_rest_port",
    ("webservice", "admin_user"): "mailman_rest_user",
}
# What the roles decide: where Exim finds Mailman, and where Mailman is.
_OURS = {("mta", key) for key in ("incoming", "outgoing", "configuration")}
_OURS |= {("database", key) for key in ("class", "url")}
_OURS |= {("webservice", "admin_pass"), ("mailman", "layout"), ("archiver.hyperkitty", "configuration")}
_NUMBERS = {"smtp_port", "lmtp_port", "port", "max_recipients"}
# Of mailman-web.py: setting -> variable.
_WEB_VARIABLES = {
    "TIME_ZONE": "mailman_web_time_zone",
    "LANGUAGE_CODE": "mailman_web_language",
    "HYPERKITTY_ENABLE_GRAVATAR": "mailman_web_gravatar",
}
_WEB_SECRETS = {"SECRET_KEY": "mailman_web_secret_key", "MAILMAN_ARCHIVER_KEY": "mailman_archiver_key"}
_KEPT_SECRETS = {
    "rest_password": "mailman_rest_password",
    "archiver_key": "mailman_archiver_key",
    "web_secret_key": "mailman_web_secret_key",
    "database_password": "mailman_database_password",
    "web_database_password": "mailman_web_database_password",
}
_LIMITS = {
    "mails_per_hour": "mailman_web_mails_per_client",
    "mails_to_address": "mailman_web_mails_per_address",
    "failed_logins": "mailman_web_failed_logins",
}
_PROVIDERS = "allauth.socialaccount.providers."
_LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


def read(files: Mapping[str, str], domains: list[str], found: Found) -> None:
    """files: path -> text. domains: those of the site, the first one for names without."""
    core = _sections(files, CORE, found)
    first = domains[0] if domains else "localhost"
    if core:
        _core(core, _pristine(files), first, found)
    if WEB in files:
        _web(files, core, domains, found)
        # The role goes on keeping the first password of the administrator that it made.
        if "admin_password" not in _json(files.get(KEPT)):
            found.take(WEB, "mailman_admin_name", "", host_variables.defaults("mailman")["mailman_admin_name"])
            found.note(WEB, _ADMINISTRATOR)
    _archiver(files, found)
    _kept(files, found)
    _uwsgi(files, found)


def _parsed(text: str) -> Sections:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=", ":"), allow_no_value=True, default_section="")
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return {name: {key: value or "" for key, value in parser[name].items()} for name in parser.sections()}


def _sections(files: Mapping[str, str], path: str, found: Found | None, depth: int = 0) -> Sections:
    """A configuration with those that it extends."""
    if path not in files or depth > 5:
        return {}
    try:
        own = _parsed(files[path])
    except (configparser.Error, ValueError):
        if found is not None:
            # Python's own words would quote the line, which may be a password.
            found.note(path, "It cannot be read as Mailman's configuration, so nothing of it is adopted.")
        return {}
    below = own.pop("meta", {}).get("extends", "")
    merged = _sections(files, os.path.join(os.path.dirname(path), below), found, depth + 1) if below else {}
    for name, keys in own.items():
        merged.setdefault(name, {}).update(keys)
    return merged


def _pristine(files: Mapping[str, str]) -> Sections:
    return _sections(files, _PRISTINE + "mailman.cfg", None)


def said(value: Any) -> str:
    """A value in one spelling."""
    words = " ".join(("" if value is None else str(value)).split())
    return {"true": "yes", "on": "yes", "1": "yes", "false": "no", "off": "no", "0": "no"}.get(words.lower(), words)


def _core(core: Sections, pristine: Sections, first: str, found: Found) -> None:
    defaults = {**host_variables.defaults("mailman"), "mailman_site_owner": "postmaster@{0}".format(first)}
    for (section, key), name in _VARIABLES.items():
        value = core.get(section, {}).get(key)
        # The package's address is nobody's, and an empty one is Mailman's own default.
        if not value or (key == "site_owner" and value == pristine.get(section, {}).get(key)):
            continue
        if _same_host(value, defaults[name]):
            continue
        number = key in _NUMBERS and value.isdigit()
        found.take(CORE, name, int(value) if number else value, defaults[name])
    found.take_secret(CORE, "mailman_rest_password", core.get("webservice", {}).get("admin_pass"))
    _core_database(core, found)
    ours = {
        section: keys
        for section, keys in host_variables.role_variable("mailman", "_mailman_core_config").items()
        if isinstance(keys, dict)
    }
    settings: dict[str, dict[str, Any]] = {}
    for section, keys in core.items():
        for key, value in keys.items():
            usual = [said(there.get(section, {}).get(key)) for there in (ours, pristine)]
            if (section, key) in _VARIABLES or (section, key) in _OURS or said(value) in usual:
                continue
            settings.setdefault(section, {})[key] = _typed(section, key, value)
    for section in list(settings):
        known = mailman_cfg.keys_of(section)
        if known is not None:
            for key in [key for key in settings[section] if key not in known]:
                found.note(
                    CORE, "[{0}] {1} is no setting of Mailman that the role knows, and goes.".format(section, key)
                )
                del settings[section][key]
            if not settings[section]:
                del settings[section]
    found.take_settings(CORE, "mailman_settings", settings, sections=True)


def _same_host(one: str, other: Any) -> bool:
    return one in _LOOPBACK[1:3] and other in _LOOPBACK[1:3]


def _typed(section: str, key: str, value: str) -> Any:
    kind = (mailman_cfg.keys_of(section) or {}).get(key)
    if kind == "bool" and said(value) in ("yes", "no"):
        return said(value) == "yes"
    if kind == "int" and re.fullmatch(r"-?[0-9]{1,9}", value.strip()):
        return int(value)
    return value


def _core_database(core: Sections, found: Found) -> None:
    url = core.get("database", {}).get("url", "")
    kind = url.partition(":")[0].partition("+")[0]
    if kind in ("postgresql", "postgres"):
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            found.note(CORE, "[database] url cannot be read.")
            return
        _postgresql(parts, port, found)
    elif kind == "sqlite":
        path = url.partition("///")[2].partition("?")[0].lower().replace("{", "").replace("}", "")
        if path not in ("$data_dir/mailman.db", "/var/lib/mailman3/data/mailman.db"):
            found.note(CORE, _OUT_OF_VIEW.format("[database] url", "/var/lib/mailman3/data/mailman.db"))
    elif url:
        found.note(CORE, _OUT_OF_VIEW.format("[database] url", "SQLite or PostgreSQL"))


_OUT_OF_VIEW = (
    "{0} is another database than the role's, {1}: the role refuses to leave it out of view. Move what is in it, or set "
    "mailman_abandon_database to true to go on without."
)


def _postgresql(parts: SplitResult, port: int | None, found: Found) -> None:
    defaults = host_variables.defaults("mailman")
    host = parts.hostname or ""
    found.take(CORE, "mailman_database", "postgresql", defaults["mailman_database"])
    if host not in _LOOPBACK:
        found.take(CORE, "mailman_database_host", host, defaults["mailman_database_host"])
        found.take(CORE, "mailman_postgresql_local", False, defaults["mailman_postgresql_local"])
    found.take(CORE, "mailman_database_port", port or 5432, defaults["mailman_database_port"])
    for name, value in (("name", parts.path.strip("/")), ("user", parts.username or "")):
        if value:
            variable = "mailman_database_{0}".format(name)
            found.take(CORE, variable, unquote(value), defaults[variable])
    found.take_secret(CORE, "mailman_database_password", unquote(parts.password or ""))


def _web(files: Mapping[str, str], core: Sections, domains: list[str], found: Found) -> None:
    try:
        program = python_settings.read(files[WEB])
    except SyntaxError:
        found.note(WEB, "It is no Python that can be read, so nothing of it is adopted.")
        return
    values = {**program.values, **_web_hidden(files)}
    pristine = _pristine_web(files)
    first = domains[0] if domains else "localhost"
    # The package's name for the host is nobody's.
    named = values.get("EMAILNAME")
    domain = named if isinstance(named, str) and named and named != pristine.get("EMAILNAME") else first
    ours = host_variables.role_variable("mailman", "_mailman_web_config")
    take = functools.partial(found.take, WEB)
    take("mailman_web_domain", domain, first)
    for name, variable in _WEB_VARIABLES.items():
        if name in values:
            take(variable, values[name], host_variables.defaults("mailman")[variable])
    owner = found.variables.get("mailman_site_owner", "postmaster@{0}".format(first))
    for name, variable in (
        ("DEFAULT_FROM_EMAIL", "mailman_web_from_email"),
        ("SERVER_EMAIL", "mailman_web_server_email"),
    ):
        if name in values and values[name] != pristine.get(name):
            take(variable, values[name], owner)
    if values.get("FORCE_SCRIPT_NAME"):
        take("mailman_web_path", values["FORCE_SCRIPT_NAME"], "/mailman3")
    _web_lists(values, domains, domain, take)
    _web_own(values, take)
    for name, variable in _WEB_SECRETS.items():
        found.take_secret(WEB, variable, values.get(name))
    if "mailman_rest_password" not in found.secrets:
        found.take_secret(WEB, "mailman_rest_password", values.get("MAILMAN_REST_API_PASS"))
    _web_database(values, core, found)
    settings = {
        name: value
        for name, value in values.items()
        if name.isupper() and name not in _WEB_KNOWN and value != pristine.get(name) and name not in ours
    }
    for name, variable, usual in (
        ("EMAIL_HOST", "mailman_smtp_host", "127.0.0.1"),
        ("EMAIL_PORT", "mailman_smtp_port", 25),
    ):
        value = values.get(name)
        expected = found.variables.get(variable, usual)
        if value is not None and value != expected and not _same_host(str(value), expected):
            settings[name] = value
    if values.get("SOCIALACCOUNT_PROVIDERS"):
        settings["SOCIALACCOUNT_PROVIDERS"] = values["SOCIALACCOUNT_PROVIDERS"]
    xapian = {"default": host_variables.role_variable("mailman", "_mailman_xapian")}
    if settings.get("HAYSTACK_CONNECTIONS") == xapian:
        del settings["HAYSTACK_CONNECTIONS"]
        take("mailman_web_search_engine", "xapian", "whoosh")
    found.take_settings(WEB, "mailman_web_settings", settings)
    for name in sorted(program.unknown):
        if name.isupper() and name not in ours and name not in ("DATABASES", "MIDDLEWARE", "TEMPLATES"):
            found.note(
                WEB,
                "{0} is no plain value, so it is not adopted: give it in mailman_web_settings, or it goes.".format(
                    name
                ),
            )


_WEB_KNOWN = {
    *(
        "DATABASES",
        "SECRET_KEY",
        "MAILMAN_REST_API_PASS",
        "MAILMAN_ARCHIVER_KEY",
        "MIDDLEWARE",
        "TEMPLATES",
        "DATABASE_PASSWORD",
    ),
    *("MAILMAN_REST_API_URL", "MAILMAN_REST_API_USER", "EMAILNAME"),
}


def _web_hidden(files: Mapping[str, str]) -> dict[str, Any]:
    """What our own settings read from a file beside them."""
    if "mailman-web-secrets.json" not in files.get(WEB, ""):
        return {}
    return _json(files.get(WEB_SECRETS))


def _json(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _pristine_web(files: Mapping[str, str]) -> Mapping[str, Any]:
    try:
        return python_settings.read(files.get(_PRISTINE + "mailman-web.py", "")).values
    except SyntaxError:
        return {}


def _web_lists(values: Mapping[str, Any], domains: list[str], domain: str, take: Callable[..., None]) -> None:
    known = {domain, *domains, "127.0.0.1", "localhost", "*", "::1", "[::1]"}
    hosts = values.get("ALLOWED_HOSTS")
    if isinstance(hosts, list):
        take("mailman_web_allowed_hosts", [host for host in hosts if str(host) not in known], [])
    apps = values.get("INSTALLED_APPS")
    if isinstance(apps, list):
        chosen = [app[len(_PROVIDERS) :] for app in apps if isinstance(app, str) and app.startswith(_PROVIDERS)]
        take("mailman_web_login_providers", chosen, [])


def _web_own(values: Mapping[str, Any], take: Callable[..., None]) -> None:
    """What only our own settings have."""
    defaults = host_variables.defaults("mailman")
    limits = values.get("LISTOPS_WEB_LIMITS")
    if isinstance(limits, dict):
        for name, variable in _LIMITS.items():
            take(variable, limits.get(name, defaults[variable]), defaults[variable])
        cluster = values.get("Q_CLUSTER")
        workers = str(cluster.get("workers")) if isinstance(cluster, dict) else ""
        if re.fullmatch("[0-9]{1,4}", workers):
            take("mailman_web_task_workers", int(workers), defaults["mailman_web_task_workers"])


def _web_database(values: Mapping[str, Any], core: Sections, found: Found) -> None:
    databases = values.get("DATABASES")
    given = databases.get("default") if isinstance(databases, dict) else None
    if not isinstance(given, dict):
        given = {}
    engine = str(given.get("ENGINE", "")).rpartition(".")[2].partition("_")[0]
    postgresql = found.variables.get("mailman_database") == "postgresql"
    if engine == "postgresql" and postgresql:
        defaults = host_variables.defaults("mailman")
        for name in ("name", "user"):
            value = given.get(name.upper())
            if value:
                variable = "mailman_web_database_{0}".format(name)
                found.take(WEB, variable, value, defaults[variable])
        password = given.get("PASSWORD") or values.get("DATABASE_PASSWORD")
        found.take_secret(WEB, "mailman_web_database_password", password)
        host = str(given.get("HOST") or "")
        if host not in _LOOPBACK and host != found.variables.get("mailman_database_host"):
            found.note(WEB, _OUT_OF_VIEW.format("DATABASES", "on the same host as Mailman's"))
    elif engine == "sqlite3" and not postgresql:
        if given.get("NAME") != "/var/lib/mailman3/web/mailman3web.db":
            found.note(WEB, _OUT_OF_VIEW.format("DATABASES", "/var/lib/mailman3/web/mailman3web.db"))
    elif engine:
        found.note(WEB, _OUT_OF_VIEW.format("DATABASES", "PostgreSQL" if postgresql else "SQLite"))


def _archiver(files: Mapping[str, str], found: Found) -> None:
    general = _sections(files, ARCHIVER, found).get("general", {})
    if "mailman_archiver_key" not in found.secrets and general.get("api_key") != "SecretArchiverAPIKey":
        found.take_secret(ARCHIVER, "mailman_archiver_key", general.get("api_key", "").replace("%%", "%"))
    base = re.fullmatch(r"http://127\.0\.0\.1:([0-9]+)(/.*)?/hyperkitty/", general.get("base_url", ""))
    if base and "# The web interface's own loopback port" in files[ARCHIVER]:
        usual = host_variables.defaults("mailman")["mailman_web_loopback_port"]
        found.take(ARCHIVER, "mailman_web_loopback_port", int(base[1]), usual)


def _kept(files: Mapping[str, str], found: Found) -> None:
    """What our own role made up. The administrator may have another password by now, which nobody can read."""
    for key, value in _json(files.get(KEPT)).items():
        if key in _KEPT_SECRETS and _KEPT_SECRETS[key] not in found.secrets:
            found.take_secret(KEPT, _KEPT_SECRETS[key], value)


def _uwsgi(files: Mapping[str, str], found: Found) -> None:
    defaults = host_variables.defaults("mailman")
    text = files.get(UWSGI, "")
    for name, pattern, more in (
        ("mailman_web_processes", r"^processes = ([0-9]{1,4})$", -1),
        ("mailman_web_threads", r"^env = LISTOPS_WEB_PLACES=([0-9]{1,4})$", 0),
    ):
        value = re.search(pattern, text, re.MULTILINE)
        if value:
            found.take(UWSGI, name, int(value[1]) + more, defaults[name])
    socket = re.search(r"^uwsgi-socket = (\S+)$", text, re.MULTILINE)
    if socket:
        found.take(UWSGI, "mailman_web_socket", socket[1], defaults["mailman_web_socket"])
