# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._argspec import Connection
from ansible_collections.listops.mailman.plugins.module_utils._backends import choose
from ansible_collections.listops.mailman.plugins.module_utils._backends.select import open_backend
from ansible_collections.listops.mailman.plugins.module_utils._errors import HostError, NotInstalled
from ansible_collections.listops.mailman.plugins.module_utils._programs import commands


@pytest.fixture
def installed(monkeypatch, tmp_path):
    def install(*names):
        for name in ("mailman3", "mailman21"):
            path = tmp_path / name
            path.unlink(missing_ok=True)
            if name in names:
                path.touch()
            monkeypatch.setattr(commands, name.upper(), (str(path),))

    return install


@pytest.mark.parametrize(
    ("connection", "there", "wanted"),
    [
        (Connection(), ["mailman3"], "mailman3"),
        (Connection(), ["mailman21"], "mailman21"),
        (Connection(engine="mailman21"), ["mailman3"], "mailman21"),
        (Connection(engine="mailman3"), ["mailman3", "mailman21"], "mailman3"),
        (Connection(prefix="/opt/mailman"), ["mailman3"], "mailman21"),
        (Connection(command="/opt/bin/mailman"), ["mailman21"], "mailman3"),
    ],
)
def test_the_mailman_that_is_meant(installed, connection, there, wanted):
    installed(*there)
    assert choose.choose(connection) == wanted


def test_two_are_one_too_many(installed):
    installed("mailman3", "mailman21")
    with pytest.raises(HostError, match="are both installed here: give mailman3 or mailman21"):
        choose.choose(Connection())


@pytest.mark.parametrize("readonly", [True, False])
def test_none_is_said(installed, readonly):
    installed()
    with pytest.raises(NotInstalled, match="neither Mailman 3 nor Mailman 2.1 is installed here"):
        open_backend(Connection(), readonly=readonly)


def test_names_are_measured_by_the_mailman_that_will_be_there():
    assert choose.expected(Connection()).listname_chars == "[-_.0-9a-z]"
    assert choose.expected(Connection(prefix="/opt/mailman")).listname_chars == "."
