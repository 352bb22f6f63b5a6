# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a Mailman 3 that somebody else configured."""

from __future__ import annotations

import importlib.util
import io
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles/mailman/files/present.py"
SPEC = importlib.util.spec_from_file_location("present", PROGRAM)
assert SPEC and SPEC.loader
present = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(present)

OURS = {"mailman": {"site_owner": "a@example.org", "layout": "debian"}, "mta": {"max_recipients": 500}}
SQLITE = "sqlite:////var/lib/mailman3/data/mailman.db?timeout=20"


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.setattr(present, "PRISTINE", str(tmp_path / "pristine-{}"))
    # of the account that runs this
    monkeypatch.setattr(present.pwd, "getpwnam", lambda _name: None)
    monkeypatch.setattr(present.os, "geteuid", lambda: 1000)

    def run(core: str | None = None, web: str | None = None, archiver: str = "", **given: Any) -> dict[str, list[str]]:
        for name, text in (("mailman.cfg", core), ("mailman-web.py", web), ("mailman-hyperkitty.cfg", archiver)):
            if text is not None:
                (tmp_path / name).write_text(text, encoding="utf-8")
        default = {
            "ours": OURS,
            "web": ["TIME_ZONE"],
            "archiver": "http://127.0.0.1:8002/hyperkitty/",
            "database": SQLITE,
            "web_database": "sqlite:////var/lib/mailman3/web/mailman3web.db",
        }
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(default | given)))
        present.main(*(str(tmp_path / name) for name in ("mailman.cfg", "mailman-hyperkitty.cfg", "mailman-web.py")))
        found: dict[str, list[str]] = json.loads(capsys.readouterr().out)
        return found

    return run


def database(path: Path, table: str, rows: int) -> None:
    with sqlite3.connect(path) as opened:
        opened.execute(f"CREATE TABLE {table} (id INTEGER)")
        opened.executemany(f"INSERT INTO {table} VALUES (?)", [(row,) for row in range(rows)])


def test_nothing_there(ask: Any) -> None:
    assert ask() == {"lost": [], "databases": []}


def test_what_only_the_present_sets(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "pristine-mailman.cfg").write_text("[mailman]\ncache_life: 7d\n[shell]\nbanner: Hi\n", encoding="utf-8")
    core = """\
[mailman]
site_owner: a@example.org
cache_life: 7d
pending_request_life: 9d
[shell]
history_file:
[mta]
verp_personalized_deliveries = yes
smtp_pass: secret
max_recipients: 500
[webservice]
admin_pass: very secret
[database]
url: sqlite:///$DATA_DIR/mailman.db
"""
    web = "TIME_ZONE = 'Europe/Rome'\nimport os\nACCOUNT_X = os.sep\nSECRET_KEY = 'x'\nlower = 1\n"
    found = ask(core, web, "[general]\nbase_url: https://elsewhere.example.org/\napi_key: secret\n")
    assert found == {
        "lost": [
            "[mailman] pending_request_life",
            "[mta] verp_personalized_deliveries",
            "[mta] smtp_pass",
            "[general] base_url of mailman-hyperkitty.cfg",
            "ACCOUNT_X",
        ],
        "databases": [],
    }
    assert "secret" not in json.dumps(found)


def test_ours_is_not_looked_through(ask: Any, tmp_path: Path) -> None:
    (tmp_path / "mailman-secrets.cfg").write_text("[x]\ny: z\n", encoding="utf-8")
    assert ask("[meta]\nextends: mailman-secrets.cfg\n[mailman]\ncache_life: 9d\n") == {"lost": [], "databases": []}


@pytest.mark.parametrize(
    ("url", "wanted", "said"),
    [
        # one that nobody can look into
        (
            "postgresql://mm:pa:ss@db.example.org/core?x=y",
            SQLITE,
            "the database postgresql://mm:...@db.example.org/core",
        ),
        ("postgres://a:b@localhost/core", "postgresql://c@127.0.0.1:5432/core", None),
        ("postgresql+psycopg2://a:b@[::1]:5432/core", "postgresql://c@127.0.0.1:5432/core", None),
        (
            "postgresql://a:b@localhost:5433/core",
            "postgresql://c@127.0.0.1:5432/core",
            "the database postgresql://a:...@loc",
        ),
        ("mysql://a:b@localhost/core", SQLITE, "the database mysql://a:...@localhost/core"),
        ("sqlite:////nowhere/at/all.db", SQLITE, None),
        ("sqlite:///$DATA_DIR/mailman.db", SQLITE, None),
        ("sqlite:///$var_dir/data//mailman.db?timeout=5", SQLITE, None),
    ],
)
def test_another_database(ask: Any, url: str, wanted: str, said: str | None) -> None:
    found = ask(f"[mailman]\nlayout: debian\n[database]\nurl: {url}\n", database=wanted)["databases"]
    assert (said is None) == (found == [])
    assert said is None or said in found[0]


def test_another_file(ask: Any, tmp_path: Path) -> None:
    database(tmp_path / "heritage.db", "mailinglist", 2)
    database(tmp_path / "empty.db", "mailinglist", 0)
    database(tmp_path / "web.db", "hyperkitty_email", 3)
    (tmp_path / "broken.db").write_text("no database at all, by any means", encoding="utf-8")
    own = f"[mailman]\nlayout: own\n[paths.own]\nvar_dir: {tmp_path}\ndata_dir: $var_dir\n[database]\nurl: sqlite:///$DATA_DIR/"
    web = f"DATABASES = {{'default': {{'ENGINE': 'django.db.backends.sqlite3', 'NAME': '{tmp_path}/web.db'}}}}"
    said = ask(f"{own}heritage.db\n", web)["databases"]
    assert said == [
        f"{tmp_path}/mailman.cfg has the database sqlite:///{tmp_path}/heritage.db, with 2 lists",
        f"{tmp_path}/mailman-web.py has the database sqlite:///{tmp_path}/web.db, with 3 archived messages",
    ]
    assert len(ask(f"{own}empty.db\n")["databases"]) == 1
    assert "broken.db" in ask(f"{own}broken.db\n")["databases"][0]
    # the same by another name
    (tmp_path / "link.db").symlink_to(tmp_path / "heritage.db")
    assert ask(f"{own}link.db\n", "", database=f"sqlite:///{tmp_path}/heritage.db")["databases"] == []


def test_what_cannot_be_read(ask: Any) -> None:
    said = ask("no section\n", "import no_such_module\n")["databases"]
    assert "mailman.cfg cannot be read (" in said[0]
    assert "mailman-web.py cannot be run (ModuleNotFoundError: No module named 'no_such_module')" in said[1]
