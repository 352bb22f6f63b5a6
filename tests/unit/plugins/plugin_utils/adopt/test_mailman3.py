# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.listops.mailman.plugins.plugin_utils import variables_file
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt import mailman3
from ansible_collections.listops.mailman.plugins.plugin_utils.adopt.host_variables import Found

DOMAINS = ["lists.example.org", "b.example.org"]
PRISTINE_CORE = """
[mailman]
site_owner: changeme@example.com
layout: debian
cache_life: 7d
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///$DATA_DIR/mailman.db
[webservice]
hostname: localhost
port: 8001
show_tracebacks: yes
admin_user: restadmin
admin_pass: package-made
[mta]
incoming: mailman.mta.postfix.LMTP
smtp_host: localhost
smtp_port: 25
smtp_user:
smtp_pass:
lmtp_port: 8024
"""
PRISTINE_WEB = """
SECRET_KEY = 'package-made'
ADMINS = (('Mailman Suite Admin', 'root@localhost'),)
ALLOWED_HOSTS = ['*']
EMAILNAME = 'localhost.local'
DEFAULT_FROM_EMAIL = 'postorius@{}'.format(EMAILNAME)
SERVER_EMAIL = 'root@{}'.format(EMAILNAME)
TIME_ZONE = 'UTC'
USE_TZ = True
INSTALLED_APPS = ('hyperkitty', 'django_mailman3.lib.auth.fedora')
DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '/var/lib/mailman3/web/mailman3web.db'}}
"""
CACHE = "/var/lib/ucf/cache/:etc:mailman3:"


def adopted(core: str = "", web: str = "", *, with_secrets: bool = True, **more: str) -> Found:
    files = {CACHE + "mailman.cfg": PRISTINE_CORE, CACHE + "mailman-web.py": PRISTINE_WEB}
    files |= {mailman3.CORE: core} if core else {}
    files |= {mailman3.WEB: web} if web else {}
    files |= {"/etc/mailman3/" + name.replace("__", "."): text for name, text in more.items()}
    found = Found(with_secrets)
    mailman3.read(files, DOMAINS, found)
    if web and "admin_password" not in more.get("listops-secrets__json", ""):
        # Who is an administrator is in no file: the role is told to leave them alone.
        assert found.variables.pop("mailman_admin_name") == ""
        assert "mailman_admin_name" in found.notes[mailman3.WEB].pop()
        found.notes = {path: said for path, said in found.notes.items() if said}
    return found


def test_what_the_package_installed_says_nothing_but_secrets() -> None:
    found = adopted(PRISTINE_CORE, PRISTINE_WEB)
    assert found.variables == {}
    assert found.secrets == {"mailman_rest_password": "package-made", "mailman_web_secret_key": "package-made"}
    assert found.notes == {}


def test_settings_become_variables_and_the_rest_settings() -> None:
    core = PRISTINE_CORE.replace("changeme@example.com", "root@example.org").replace("port: 8001", "port: 8011") + (
        "max_recipients: 50\nsmtp_port: 587\nsmtp_user: mailer\nsmtp_pass: {{ not a template }}\n"
        "[logging.smtp]\npath: /var/log/smtp.log\n[ARC]\nenabled: on\n[unknown]\nkey: x\n[mta]\nno_such_key: 1\n"
    )
    found = adopted(core)
    assert found.variables == {
        "mailman_site_owner": "root@example.org",
        "mailman_rest_port": 8011,
        "mailman_smtp_port": 587,
        "mailman_smtp_max_recipients": 50,
        "mailman_settings": {
            "mta": {"smtp_user": "mailer", "smtp_pass": "{{ mailman_settings_mta_smtp_pass }}"},
            "logging.smtp": {"path": "/var/log/smtp.log"},
            "ARC": {"enabled": True},
        },
    }
    assert isinstance(found.variables["mailman_settings"]["mta"]["smtp_pass"], variables_file.Template)
    assert found.secrets["mailman_settings_mta_smtp_pass"] == "{{ not a template }}"
    assert "!unsafe" in variables_file.variables(found.secrets)
    said = " ".join(found.notes[mailman3.CORE])
    assert "no_such_key" in said and "a section of mailman.cfg" in said and "not a template" not in said


def test_without_a_place_for_secrets_nothing_refers_to_one() -> None:
    found = adopted(PRISTINE_CORE + "smtp_pass: hush\nsmtp_user: mailer\n", with_secrets=False)
    assert found.variables["mailman_settings"] == {"mta": {"smtp_user": "mailer"}}
    assert any("smtp_pass" in sentence and "hush" not in sentence for sentence in found.notes[mailman3.CORE])


def test_what_is_extended_and_what_is_not_there() -> None:
    found = adopted(
        "[meta]\nextends: more.cfg\n[mailman]\nsite_owner: a@example.org\n",
        more__cfg="[mta]\nlmtp_port: 8025\n[meta]\nextends: gone.cfg\n",
    )
    assert found.variables == {"mailman_site_owner": "a@example.org", "mailman_lmtp_port": 8025}
    endless = adopted("[meta]\nextends: mailman.cfg\n[mta]\nlmtp_port: 8026\n")
    assert endless.variables == {"mailman_lmtp_port": 8026}


def test_postgresql() -> None:
    core = PRISTINE_CORE.replace(
        "sqlite:///$DATA_DIR/mailman.db",
        "postgresql+psycopg2://mm:p%40ss%2Fword@db.example.org:5433/core?sslmode=require",
    )
    web = PRISTINE_WEB + (
        "DATABASES = {'default': {'ENGINE': 'django.db.backends.postgresql_psycopg2', 'NAME': 'web', 'USER': 'mw',"
        " 'PASSWORD': 'other', 'HOST': 'db.example.org', 'PORT': '5433'}}\n"
    )
    found = adopted(core, web)
    assert found.variables == {
        "mailman_database": "postgresql",
        "mailman_postgresql_local": False,
        "mailman_database_host": "db.example.org",
        "mailman_database_port": 5433,
        "mailman_database_name": "core",
        "mailman_database_user": "mm",
        "mailman_web_database_name": "web",
        "mailman_web_database_user": "mw",
    }
    assert found.secrets["mailman_database_password"] == "p@ss/word"
    assert found.secrets["mailman_web_database_password"] == "other"
    assert "word" not in json.dumps([found.variables, found.notes])


@pytest.mark.parametrize(
    "url", ["mysql+pymysql://u:hush@h/d", "sqlite:////srv/mailman.db", "postgresql://u:hush@h:port/d"]
)
def test_a_database_that_no_variable_has_is_said(url: str) -> None:
    found = adopted(PRISTINE_CORE.replace("sqlite:///$DATA_DIR/mailman.db", url))
    assert found.variables == {}
    assert len(found.notes[mailman3.CORE]) == 1 and "hush" not in str(found.notes)


@pytest.mark.parametrize(
    ("index", "variables"),
    [
        ("/var/lib/mailman3/web/xapian_index", {"mailman_web_search_engine": "xapian"}),
        (
            "/srv/index",
            {
                "mailman_web_settings": {
                    "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "xapian_backend.XapianEngine", "PATH": "/srv/index"}}
                }
            },
        ),
    ],
)
def test_a_search_index_of_xapian(index: str, variables: dict[str, Any]) -> None:
    connections = {"default": {"ENGINE": "xapian_backend.XapianEngine", "PATH": index}}
    found = adopted(PRISTINE_CORE, PRISTINE_WEB + f"HAYSTACK_CONNECTIONS = {connections}\n")
    assert found.variables == variables


def test_the_web_interface() -> None:
    web = PRISTINE_WEB + (
        "EMAILNAME = 'www.example.org'\nDEFAULT_FROM_EMAIL = 'postorius@{}'.format(EMAILNAME)\nTIME_ZONE = 'Europe/Berlin'\n"
        "ALLOWED_HOSTS = ['www.example.org', 'old.example.org', 'localhost', '.example.net']\n"
        "INSTALLED_APPS += ('allauth.socialaccount.providers.github',)\nSECURE_SSL_REDIRECT = True\nEMAIL_HOST = 'mx.example.org'\n"
        "EMAIL_HOST_PASSWORD = 'hush'\nSOCIALACCOUNT_PROVIDERS = {'github': {'SECRET': 'hush too'}}\nMEDIA_ROOT = os.path.join(A, 'x')\n"
    )
    found = adopted(PRISTINE_CORE, web)
    assert found.variables == {
        "mailman_web_domain": "www.example.org",
        "mailman_web_time_zone": "Europe/Berlin",
        "mailman_web_from_email": "postorius@www.example.org",
        "mailman_web_login_providers": ["github"],
        "mailman_web_settings": {
            "SECURE_SSL_REDIRECT": True,
            "EMAIL_HOST": "mx.example.org",
            "EMAIL_HOST_PASSWORD": "{{ mailman_web_settings_email_host_password }}",
            "SOCIALACCOUNT_PROVIDERS": "{{ mailman_web_settings_socialaccount_providers }}",
        },
    }
    assert found.secrets["mailman_web_settings_email_host_password"] == "hush"
    assert found.secrets["mailman_web_settings_socialaccount_providers"] == {"github": {"SECRET": "hush too"}}
    said = " ".join(found.notes[mailman3.WEB])
    # One name of the list is none that the role takes, so the list is said, and not adopted in part.
    assert "mailman_web_allowed_hosts" in said and "MEDIA_ROOT" in said and "hush" not in said


def test_a_secret_that_the_role_cannot_have_is_said_without_it() -> None:
    found = adopted(PRISTINE_CORE.replace("package-made", "two words"))
    assert "mailman_rest_password" not in found.secrets
    assert "mailman_rest_password" in str(found.notes) and "two words" not in str(found.notes)


def test_a_host_that_is_ours_already() -> None:
    web = (
        'globals().update(_json.loads(r"""\n'
        + json.dumps(
            {
                "EMAILNAME": "lists.example.org",
                "ADMINS": [["List server", "postmaster@lists.example.org"]],
                "LISTOPS_WEB_LIMITS": {"mails_per_hour": 5, "mails_to_address": 10, "failed_logins": 10},
                "Q_CLUSTER": {"workers": "3"},
                "FORCE_SCRIPT_NAME": "/mailman3",
            }
        )
        + '\n"""))\nwith open("/etc/mailman3/mailman-web-secrets.json") as _file:\n    _secrets = _json.load(_file)\n'
    )
    found = adopted(
        "[meta]\nextends: mailman-secrets.cfg\n[mta]\nlmtp_port: 8024\n",
        web,
        **{
            "mailman-secrets__cfg": "[webservice]\nadmin_pass: rest\n",
            "mailman-web-secrets__json": '{"SECRET_KEY": "web", "MAILMAN_ARCHIVER_KEY": "arch", "DATABASE_PASSWORD": "unused"}',
            "listops-secrets__json": '{"rest_password": "older", "admin_password": "perhaps changed", "archiver_key": "arch"}',
            "listops-uwsgi__ini": "processes = 5\nenv = LISTOPS_WEB_PLACES=2\n",
        },
    )
    assert found.variables == {
        "mailman_web_mails_per_client": 5,
        "mailman_web_task_workers": 3,
        "mailman_web_processes": 4,
    }
    assert found.secrets == {
        "mailman_rest_password": "rest",
        "mailman_web_secret_key": "web",
        "mailman_archiver_key": "arch",
    }


def test_what_cannot_be_read_is_not_quoted() -> None:
    found = adopted("[webservice\nadmin_pass: hush\n", "SECRET_KEY = 'hush", **{"listops-secrets__json": "{'hush'"})
    assert found.variables == {} and found.secrets == {}
    assert set(found.notes) == {mailman3.CORE, mailman3.WEB} and "hush" not in str(found.notes)


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.lists(st.text(max_size=9), max_size=3)
)
NAMES = st.sampled_from(
    [
        *("DATABASES", "SECRET_KEY", "EMAILNAME", "ALLOWED_HOSTS", "INSTALLED_APPS", "TIME_ZONE", "DEFAULT_FROM_EMAIL"),
        *(
            "EMAIL_HOST",
            "EMAIL_PORT",
            "LISTOPS_WEB_LIMITS",
            "Q_CLUSTER",
            "FORCE_SCRIPT_NAME",
            "SOCIALACCOUNT_PROVIDERS",
            "LOGGING",
        ),
        *("HYPERKITTY_ENABLE_GRAVATAR", "LANGUAGE_CODE", "MAILMAN_ARCHIVER_KEY"),
    ]
)


@given(st.dictionaries(NAMES, VALUES | st.dictionaries(st.sampled_from(["default", "workers"]), VALUES)))
def test_values_of_any_kind_are_taken_or_said(settings: dict[str, Any]) -> None:
    adopted(PRISTINE_CORE, "".join(f"{name} = {value!r}\n" for name, value in settings.items()))


@given(st.text())
def test_any_text_is_read_or_said(text: str) -> None:
    adopted(text, text, **{"mailman-hyperkitty__cfg": text, "listops-secrets__json": text, "listops-uwsgi__ini": text})
