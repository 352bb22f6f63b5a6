# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey import forecast
from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey.forecast import Measured


def test_the_sample_is_shared_by_size_and_bounded() -> None:
    sizes = {"big": 800, "small": 200, "empty": 0, "none": None}
    assert forecast.shares(sizes, 100, 5) == {"big": 80, "small": 20}
    many = forecast.shares({f"list{number}": 1000 for number in range(5000)})
    assert sum(many.values()) == forecast.SAMPLE and set(many.values()) == {forecast.LEAST}
    assert forecast.shares({}) == {} and forecast.shares({"big": 10}, 0) == {}


def test_mails_are_as_fast_as_those_of_their_own_mailbox() -> None:
    measured = {"plain": Measured(10, 1.0, 1.0), "heavy": Measured(10, 9.0, 1.0)}
    # (100 * 0.1 + 100 * 0.9) parsed, 20 seconds put
    assert forecast.import_seconds({"plain": 100, "heavy": 100}, measured, 1) == pytest.approx(120)
    # Of a mailbox that was not measured, mails are as fast as all.
    assert forecast.import_seconds({"other": 100}, measured, 1) == pytest.approx(60)


@pytest.mark.parametrize(("cores", "seconds"), [(1, 120), (2, 60), (4, 30), (64, 20)])
def test_cores_help_until_the_database_is_what_is_left(cores: int, seconds: float) -> None:
    measured = {"a": Measured(10, 10.0, 2.0)}
    assert forecast.import_seconds({"a": 100}, measured, cores) == pytest.approx(seconds)


def test_what_was_not_measured_is_not_predicted() -> None:
    assert forecast.import_seconds({"a": 100}, {}, 2) is None
    assert forecast.import_seconds({"a": 100}, {"a": Measured(0, 0.0, 0.0)}, 2) is None
    assert forecast.of_mails({"a": 0}, {"a": Measured(1, 1.0, 1.0)}, 2, 0.0) is None
    assert forecast.of_files(100, 0, 0.0) is None


def test_the_forecast_says_how_it_was_measured() -> None:
    found = forecast.of_mails({"a": 412_000}, {"a": Measured(2000, 12.0, 2.5)}, 2, 30.0)
    assert found is not None
    assert found["seconds"] == pytest.approx(412_000 * 14.5 / 2000 / 2 + 30)
    assert found["sentence"] == (
        "The archives take about 26 minutes: 412,000 mails at 270 a second, measured on 2,000 of them, which HyperKitty of this host "
        "read and stored with 2 processor cores, and did not keep"
    )


def test_files_are_predicted_from_how_fast_mailboxes_were_read() -> None:
    found = forecast.of_files(900 << 20, 300 << 20, 3.0)
    assert found is not None and found["seconds"] == pytest.approx(27)
    assert found["sentence"] == (
        "The archives take less than a minute: 900 MB that are copied and compared at 33 MB a second, measured on 300 MB of mailboxes, "
        "which were read whole"
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (60, "less than a minute"),
        (61, "about 2 minutes"),
        (5399, "about 90 minutes"),
        (5400, "about 2 hours"),
        (90000, "about 25 hours"),
        (200000, "about 3 days"),
    ],
)
def test_times_are_rounded_up(seconds: float, said: str) -> None:
    assert forecast.duration(seconds) == said
