# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _foreign as foreign

A, B = "a" * 32, "b" * 32


def test_what_packages_installed() -> None:
    conffiles = f" /etc/a {A}\n /etc/b c {B} obsolete\n\n /etc/new newconffile\n"
    ucf = f"{B}  /etc/a\n{A}  /etc/mailman3/mailman.cfg\n"
    assert foreign.packaged(conffiles, ucf) == {
        "/etc/a": {A, B},
        "/etc/b c": {B},
        "/etc/mailman3/mailman.cfg": {A},
    }


def test_names_of_settings() -> None:
    text = "# x = 1\nb = 1\na=2\nb = 3\n  c = 4\nrouter:\n"
    assert foreign.settings(text, "^([a-z]+) *=|^([a-z]+):$") == ["b", "a", "router"]


def test_mail_servers() -> None:
    packages = (
        "postfix\tamd64\tii \tdefault-mta, mail-transport-agent\n"
        "exim4-daemon-heavy\tamd64\tii \texim4-localscanapi-4.1 (= 1), mail-transport-agent\n"
        "nullmailer\tamd64\trc \tmail-transport-agent\n"
        "masqmail\tamd64\tun \tmail-transport-agent\n"
        "msmtp-mta\tamd64\tiU \tmail-transport-agent\n"
        "opensmtpd\tamd64\thi \tmail-transport-agent (= 1)\n"
        "bash\tamd64\tii \t\n"
    )
    assert foreign.mail_servers(packages) == ["msmtp-mta", "opensmtpd", "postfix"]


def test_where_drop_ins_are() -> None:
    found = foreign.drop_in_folders("mailman3-web.service")
    assert found[:2] == ["/etc/systemd/system/mailman3-web.service.d", "/etc/systemd/system/mailman3-.service.d"]
    assert found[-1] == "/usr/lib/systemd/system/service.d" and len(found) == 12
    assert foreign.drop_in_folders("a.timer")[0] == "/etc/systemd/system/a.timer.d"


def test_drop_ins_are_read_by_their_names() -> None:
    paths = [
        "/etc/systemd/system/a.service.d/zz.conf",
        "/etc/systemd/system/a.service.d/override.conf",
        "/etc/systemd/system/a.service.d/early.conf",
        "/run/systemd/system/a.service.d/zz.conf",
        "/usr/lib/systemd/system/service.d/nice.conf",
        "/run/systemd/system/a.service.d/listops.conf",
        "/etc/systemd/system/a.service.d/listops.conf",
    ]
    assert foreign.later_drop_ins("/etc/systemd/system/a.service.d/listops.conf", paths) == [
        "/usr/lib/systemd/system/service.d/nice.conf",
        "/etc/systemd/system/a.service.d/override.conf",
        "/etc/systemd/system/a.service.d/zz.conf",
    ]


OURS = """# ours
[Unit]
After=a.service
[Service]
ExecStart=
ExecStart=/usr/bin/uwsgi --ini /ours
User=www-data
Environment=PYTHONPATH=/ours
Environment=DEBUG=no
CapabilityBoundingSet=CAP_CHOWN
"""


@pytest.mark.parametrize(
    ("theirs", "wanted"),
    [
        ("[Service]\nExecStart=\nExecStart=/usr/bin/uwsgi --ini \\\n /theirs\n", ["ExecStart"]),
        ("[Service]\nExecStart=\nExecStart=/usr/bin/uwsgi --ini /ours\n", []),
        ("[Service]\n User = root\n", ["User"]),
        ("[Unit]\nUser=root\nAfter=b.service\n", []),
        ("# [Service]\n;User=root\n#User=root\nUser=root\n", []),
        ("[Service]\nNice=5\nEnvironment='PYTHONPATH=/theirs' OTHER=1\n", ["Environment PYTHONPATH"]),
        ("[Service]\nEnvironment=\n", ["Environment PYTHONPATH", "Environment DEBUG"]),
        ("[Service]\nEnvironment=\nEnvironment=DEBUG=no\n", ["Environment PYTHONPATH"]),
        ("[Service]\nCapabilityBoundingSet=CAP_KILL\n", []),
        ("[Service]\nCapabilityBoundingSet=\n", ["CapabilityBoundingSet"]),
        ("", []),
    ],
)
def test_what_a_later_drop_in_changes(theirs: str, wanted: list[str]) -> None:
    assert foreign.overruled(OURS, theirs) == wanted


def test_missing_packages() -> None:
    packages = (
        "dpkg\tamd64\tii \t\n"
        "exim4-daemon-heavy\tamd64\tii \texim4\n"
        "held\tall\thi \t\n"
        "broken\tamd64\tiiR\t\n"
        "half\tamd64\tiU \t\n"
        "former\tamd64\trc \t\n"
        "foreign\tarm64\tii \t\n"
        "two\tarm64\tii \t\ntwo\tamd64\tii \t\n"
        "needed\tall\tii \t\n"
        "wanted\tall\tii \t\n"
    )
    states = (
        "Package: needed\nArchitecture: amd64\nAuto-Installed: 1\n\n"
        "Package: wanted\nArchitecture: amd64\nAuto-Installed: 0\n\n"
    )
    assert foreign.missing(["exim4-daemon-heavy", "held", "two", "wanted"], packages, states) == []
    others = ["broken", "half", "former", "foreign", "needed", "unknown", "exim4", "held=1", "dpkg:amd64", "dpk*", ""]
    assert foreign.missing(["dpkg", *others], packages, states) == others
    assert foreign.missing(["needed"], packages, "") == []


@pytest.mark.parametrize(
    ("package", "name", "wanted"),
    [
        ("postfix", "4C0F21", True),
        ("sendmail-bin", "qfx1", True),
        ("sendmail-bin", "dfx1", False),
        ("dma", ".x", False),
    ],
)
def test_messages(package: str, name: str, wanted: bool) -> None:
    assert foreign.is_message(package, name) is wanted


HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("0100007F:0050", ("127.0.0.1", 80)),
        ("00000000:01BB", ("0.0.0.0", 443)),
        ("00000000000000000000000000000000:0019", ("::", 25)),
        ("00000000000000000000000001000000:0019", ("::1", 25)),
        ("0000000000000000FFFF00000100007F:0019", ("127.0.0.1", 25)),
        ("B80D0120000000000000000001000000:0019", ("2001:db8::1", 25)),
    ],
)
def test_who_listens(address: str, wanted: tuple[str, int]) -> None:
    rest = "00000000:0000 {} 00000000:00000000 00:00000000 00000000   999        0 140630 1 0 100 0 0 10 0\n"
    table = f"{HEAD}   0: {address} {rest.format('0A')}   1: {address} {rest.format('01')}"
    assert foreign.listeners(table) == [(*wanted, "140630")]


@pytest.mark.parametrize(
    ("cgroups", "wanted"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("13:perf_event:/\n9:name=systemd:/libpod-1/system.slice/a.service\n0::/x.service\n", "a.service"),
        ("0::/system.slice/system-postfix.slice/postfix@-.service\n", "postfix@-.service"),
        ("0::/user.slice/user-0.slice/session-1.scope\n", ""),
        ("0::/init.scope\n", ""),
        ("", ""),
    ],
)
def test_units(cgroups: str, wanted: str) -> None:
    assert foreign.unit(cgroups) == wanted


@pytest.mark.parametrize(
    ("address", "wanted", "is_in_the_way"),
    [
        ("127.0.0.1", [], True),
        ("::", ["192.0.2.1"], True),
        ("192.0.2.1", ["0.0.0.0"], True),
        ("192.0.2.1", ["192.0.2.1"], True),
        ("127.0.0.1", ["192.0.2.1"], False),
    ],
)
def test_addresses_overlap(address: str, wanted: list[str], is_in_the_way: bool) -> None:
    assert foreign.overlap(address, wanted) is is_in_the_way


def test_who_has_a_port_in_words() -> None:
    assert foreign.describe(80, 812, "nginx", "nginx.service") == "nginx (pid 812, nginx.service) has port 80"
    assert foreign.describe(80, 812, "nc", "") == "nc (pid 812) has port 80"
    assert foreign.describe(80, 0, "", "") == "a process that is not to be seen has port 80"
