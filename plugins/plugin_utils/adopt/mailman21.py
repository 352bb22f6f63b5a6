# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of Mailman 2.1 as variables of the mailman role. Pure."""

from __future__ import annotations

import json
import re
from typing import Any, Mapping

from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import host_variables, python_settings
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

# In the order in which one wins: Debian's, of which Mailman's own is a link; then the usual places.
CONFIGURATIONS = ("/etc/mailman/mm_cfg.py", "/usr/lib/mailman/Mailman/mm_cfg.py", "/var/lib/mailman/Mailman/mm_cfg.py")
CRON = "/etc/cron.d/mailman"
_VARIABLES = {
    "SMTPHOST": "mailman_smtp_host",
    "SMTPPORT": "mailman_smtp_port",
    "SMTP_MAX_RCPTS": "mailman_smtp_max_recipients",
    "DEFAULT_SERVER_LANGUAGE": "mailman_language",
}
# Mailman takes 0 for the port of SMTP.
_USUAL_PORTS = (0, "0", 25)
# Where it is, as who it runs and how mail gets in is not for the roles' variables to say.
_OURS = {"MTA", "VIRTUAL_HOSTS", "SUBSCRIBE_FORM_SECRET", "KNOWN_SPAMMERS", "DEFAULT_URL_HOST", "DEFAULT_URL_PATTERN"}
_UNSET = object()
_SPAMMERS = re.compile(r"\[\+\]\{([0-9]{1,2}),\}")


def configuration(files: Mapping[str, str]) -> str:
    """The path of mm_cfg.py, empty where there is none."""
    return next(
        (path for path in CONFIGURATIONS if path in files),
        next((path for path in files if path.endswith("/Mailman/mm_cfg.py")), ""),
    )


def read(files: Mapping[str, str], domains: list[str], found: Found) -> None:
    """files: path -> text. domains: those of the site, the first one for names without."""
    path = configuration(files)
    if path:
        _mm_cfg(path, files, domains, found)
    if CRON in files:
        _cron(files[CRON], found)


def _mm_cfg(path: str, files: Mapping[str, str], domains: list[str], found: Found) -> None:
    folder = path.rpartition("/")[0]
    # Ours has what may be a password in a file beside it.
    text = files[path] + "\n" + files.get(folder + "/mm_cfg_secrets.py", "")
    try:
        program, defaults21 = _read(text, files)
    except SyntaxError:
        found.note(
            path,
            "It is no Python that can be read, so nothing of it is adopted: put into mailman_mm_cfg what shall stay.",
        )
        return
    values = program.values
    first = domains[0] if domains else "localhost"
    defaults = host_variables.defaults("mailman")
    for name, variable in _VARIABLES.items():
        value = values.get(name)
        usual = value in _USUAL_PORTS if name == "SMTPPORT" else value == "localhost"
        if name in values and not usual:
            found.take(path, variable, value, defaults[variable])
    found.take(path, "mailman_web_domain", _web_domain(path, program, first, found), first)
    _url(path, {**defaults21, **values}, found)
    secret = values.get("SUBSCRIBE_FORM_SECRET") or _kept(files.get(folder + "/listops-secrets.json"))
    found.take_secret(path, "mailman_subscribe_form_secret", secret)
    ours = _ours(first, found)
    settings = {
        name: value
        for name, value in values.items()
        if re.match("[A-Z][A-Z0-9_]*$", name)
        and name not in _VARIABLES
        and name not in _OURS
        and value != ours.get(name, defaults21.get(name, _UNSET))
    }
    strange = [name for name in settings if defaults21 and name not in defaults21]
    for name in strange:
        del settings[name]
    if strange:
        sentence = "Mailman has no setting {0}, so it is not adopted, and what else reads it there finds it no more."
        found.note(path, sentence.format(", ".join(sorted(strange))))
    if "KNOWN_SPAMMERS" in values:
        settings.update(_spammers(path, values["KNOWN_SPAMMERS"], found))
    found.take_settings(path, "mailman_mm_cfg", settings)
    if values.get("MTA"):
        found.note(
            path,
            "MTA is {0}, and becomes None: the exim role asks Mailman which lists there are.".format(
                json.dumps(values["MTA"])
            ),
        )
    for name in sorted(program.unknown):
        if re.match("[A-Z][A-Z0-9_]*$", name) and name not in _OURS:
            found.note(
                path, "{0} is no plain value, so it is not adopted: give it in mailman_mm_cfg, or it goes.".format(name)
            )
    for name in sorted({name for name, _arguments in program.calls} - {"add_virtualhost", "execfile"}):
        found.note(
            path, "It calls {0}(), which the role's does not: give in mailman_mm_cfg what that sets.".format(name)
        )


def _read(text: str, files: Mapping[str, str]) -> tuple[python_settings.Literals, dict[str, Any]]:
    """What mm_cfg.py sets, and Mailman's own defaults, to which it may add; _UNSET where these are no plain values."""
    own = python_settings.read(text)
    stock = next((said for path, said in files.items() if path.endswith("/Mailman/Defaults.py")), "")
    try:
        before = python_settings.read(stock)
        after = python_settings.read(stock + "\n" + text)
    except SyntaxError:
        return own, {}
    touched = [*own.values, *sorted(own.unknown)]
    values = {name: after.values[name] for name in touched if name in after.values}
    known = {**dict.fromkeys(before.unknown, _UNSET), **before.values}
    return own._replace(values=values, unknown=after.unknown.intersection(touched)), known


def _kept(text: str | None) -> Any:
    try:
        kept = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return None
    return kept.get("subscribe_form_secret") if isinstance(kept, dict) else None


def virtual_hosts(program: python_settings.Literals) -> dict[str, str]:
    """Web host by mail domain, as add_virtualhost() is called."""
    hosts: dict[str, str] = {}
    for name, arguments in program.calls:
        if name == "add_virtualhost" and arguments and all(isinstance(each, str) for each in arguments):
            # Without a mail domain it is the web host without its first part.
            mail = arguments[1] if len(arguments) > 1 else arguments[0].partition(".")[2]
            hosts[mail.lower()] = arguments[0]
    return hosts


def _web_domain(path: str, program: python_settings.Literals, first: str, found: Found) -> Any:
    hosts = virtual_hosts(program)
    for mail, web in sorted(hosts.items()):
        # The role gives the first domain its own web host, and each other one itself.
        if mail != first and web != mail:
            found.note(
                path,
                "add_virtualhost() says {0} for {1}; the role has pages of that domain at {1}: the lists' web_page_url changes.".format(
                    web, mail
                ),
            )
    return hosts.get(first) or program.values.get("DEFAULT_URL_HOST") or first


def _url(path: str, values: Mapping[str, Any], found: Found) -> None:
    url = re.fullmatch(r"(https?)://%s(/.*?)/?", str(values.get("DEFAULT_URL_PATTERN", "")))
    if not url:
        if values.get("DEFAULT_URL_PATTERN"):
            found.note(
                path, "DEFAULT_URL_PATTERN is no address that the role has: pages are at /mailman or /cgi-bin/mailman."
            )
        return
    if url[2] not in ("/mailman", "/cgi-bin/mailman"):
        found.note(
            path, "Mailman's pages are at {0}: give mailman_web_path /mailman or /cgi-bin/mailman.".format(url[2])
        )
    else:
        found.take(path, "mailman_web_path", url[2], "/mailman")
    if url[1] == "http":
        found.take(path, "mailman_web_https", False, True)


def _spammers(path: str, value: Any, found: Found) -> dict[str, Any]:
    """What the role makes of one variable, or else a setting."""
    single = value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], list) else []
    score = _SPAMMERS.fullmatch(str(single[1])) if len(single) == 2 and single[0] == "X-Spam-Score" else None
    if value and not score:
        return {"KNOWN_SPAMMERS": value}
    found.take(path, "mailman_spam_discard_score", float(score[1]) if score else 0, 6.0)
    return {}


def _ours(first: str, found: Found) -> dict[str, Any]:
    """What the role writes without being told, as far as it is plain."""
    web = found.variables.get("mailman_web_domain", first)
    scheme = "http" if found.variables.get("mailman_web_https") is False else "https"
    ours = {
        name: value
        for name, value in host_variables.role_variable("mailman", "_mailman_mm_cfg").items()
        if not (isinstance(value, str) and "{{" in value)
    }
    return {
        **ours,
        "DEFAULT_EMAIL_HOST": first,
        "DEFAULT_URL_HOST": web,
        "PUBLIC_ARCHIVE_URL": scheme + "://%(hostname)s/pipermail/%(listname)s",
    }


def _cron(text: str, found: Found) -> None:
    """When each of Mailman's programs runs."""
    jobs: dict[str, str] = {}
    for line in text.splitlines():
        job = re.match(r"\s*(@[a-z]+|[^#\s=@]\S*(?:\s+\S+){4})\s+\S+\s.*/cron/([a-z_]+)", line)
        if job:
            if job[2] in jobs:
                found.note(
                    CRON, "{0} runs at several times; mailman_cron_jobs has one for each program.".format(job[2])
                )
                continue
            jobs[job[2]] = " ".join(job[1].split())
    if jobs:
        found.take(CRON, "mailman_cron_jobs", jobs, host_variables.defaults("mailman")["mailman_cron_jobs"])
