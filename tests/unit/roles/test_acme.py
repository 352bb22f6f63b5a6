# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that puts the certificate into its place, without certbot and an authority: see the story acme."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).resolve().parents[3] / "roles/acme/files/certificate.py"
SETTINGS = {"names": ["a.example.org", "b.example.org"], "server": "https://ca/dir", "email": "", "webroot": "/srv"}
REFUSED = """Saving debug log to /var/log/letsencrypt/letsencrypt.log

Certbot failed to authenticate some domains (authenticator: webroot). The Certificate Authority reported these problems:
  Domain: a.example.org
  Type:   unauthorized
  Detail: 192.0.2.1: Invalid response: 404

Hint: The Certificate Authority failed to download the temporary challenge files.

Some challenges have failed.
Ask for help or search for solutions at https://community.letsencrypt.org.
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    specification = importlib.util.spec_from_file_location("acme_certificate", PROGRAM)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    monkeypatch.setattr(module, "TARGET", tmp_path / "etc/certificate.pem")
    monkeypatch.setattr(module, "LINEAGE", tmp_path / "live/listops")
    monkeypatch.setattr(module, "RENEWAL", tmp_path / "listops.conf")
    monkeypatch.setattr(module, "SERVICES", ())
    module.TARGET.parent.mkdir()
    module.LINEAGE.mkdir(parents=True)
    return module


def give(program: Any, names: list[str]) -> bytes:
    """What certbot has; the content for Exim and Apache."""
    where = program.LINEAGE
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x"]
    text = "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)
    files = ["-keyout", str(where / "privkey.pem"), "-out", str(where / "fullchain.pem")]
    subprocess.run(["openssl", "req", "-x509", *kind, "-addext", text, *files], capture_output=True, check=True)
    (where / "cert.pem").write_bytes((where / "fullchain.pem").read_bytes())
    program.RENEWAL.write_text("[renewalparams]\nserver = https://ca/dir\n", encoding="utf-8")
    return (where / "privkey.pem").read_bytes() + (where / "fullchain.pem").read_bytes()


def test_why_certbot_has_none(program: Any) -> None:
    assert program.reason(REFUSED) == (
        "Domain: a.example.org Type:   unauthorized Detail: 192.0.2.1: Invalid response: 404"
    )
    assert program.reason("Saving debug log to /x\nNo route to host\n") == "No route to host"
    assert program.reason("") == "it does not say why"


def test_the_order(program: Any) -> None:
    order = program.order(SETTINGS)
    assert order[:4] == ["certbot", "certonly", "--cert-name", "listops"]
    assert order[-4:] == ["--domain", "a.example.org", "--domain", "b.example.org"]
    assert "--register-unsafely-without-email" in order
    assert "--email" in program.order({**SETTINGS, "email": "a@b"})


def test_when_one_is_due(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert program.due(SETTINGS)
    give(program, ["b.example.org", "a.example.org"])
    assert not program.due(SETTINGS)
    assert program.due({**SETTINGS, "names": ["a.example.org"]})
    assert program.due({**SETTINGS, "server": "https://other/dir"})
    run = program.run
    monkeypatch.setattr(program, "run", lambda argv: (1, "") if "-checkend" in argv else run(argv))
    assert program.due(SETTINGS), "it has expired"


def test_one_stands_in_until_there_is_one(program: Any) -> None:
    assert "stands in" in program.stand_in(SETTINGS, check=True) and not program.TARGET.exists()
    assert "stands in" in program.stand_in(SETTINGS, check=False)
    made = program.TARGET.read_bytes()
    assert program.TARGET.stat().st_mode & 0o777 == 0o600
    shown = program.must(["openssl", "x509", "-in", str(program.TARGET), "-noout", "-ext", "subjectAltName"])
    assert program.names_of(shown) == set(SETTINGS["names"])
    assert program.must(["openssl", "pkey", "-in", str(program.TARGET), "-pubout"])
    assert program.stand_in(SETTINGS, check=False) == "" and program.TARGET.read_bytes() == made

    content = give(program, ["a.example.org"])
    program.TARGET.chmod(0o640)
    assert program.install(check=True) and program.TARGET.read_bytes() == made
    assert program.install(check=False) and program.TARGET.read_bytes() == content
    assert program.install(check=False) == ""
    assert program.TARGET.stat().st_mode & 0o777 == 0o640
    assert os.listdir(program.TARGET.parent) == [program.TARGET.name]


def test_a_key_of_another_certificate_is_not_installed(program: Any) -> None:
    content = give(program, ["a.example.org"])
    program.install(check=False)
    key = (program.LINEAGE / "privkey.pem").read_bytes()
    give(program, ["a.example.org"])
    (program.LINEAGE / "privkey.pem").write_bytes(key)
    with pytest.raises(program.Failed, match="has a key that is not the certificate's"):
        program.install(check=False)
    assert program.TARGET.read_bytes() == content


def test_what_certbot_refuses_is_said(program: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    content = give(program, ["a.example.org"])
    monkeypatch.setattr(program, "run", lambda argv: (1, REFUSED))
    with pytest.raises(program.Failed, match="Detail: 192.0.2.1"):
        program.obtain(SETTINGS, check=False)
    assert "obtained" in program.obtain(SETTINGS, check=True)
    assert content and not program.TARGET.exists()
