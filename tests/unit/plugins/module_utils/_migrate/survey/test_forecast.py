# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils._migrate.survey import forecast


def test_more_mails_are_prepared_than_are_chosen() -> None:
    assert forecast.prepared({"big": 800, "small": 200, "empty": 0, "none": None}, 100) == {"big": 100, "small": 80}
    assert forecast.prepared({}) == {} and forecast.prepared({"big": 0}) == {}


def test_each_mailbox_has_a_share_like_its_share_of_the_mails() -> None:
    tasks = {"big": [[at] for at in range(100)], "small": [[at] for at in range(40)]}
    chosen = forecast.sample({"big": 900, "small": 100}, tasks, 50)
    assert {name: len(some) for name, some in chosen.items()} == {"big": 45, "small": 5}
    assert chosen["small"] == [[0], [8], [16], [24], [32]]
    assert forecast.sample({"big": 0}, {}, 50) == {}


def test_the_sample_is_bounded_and_a_single_mail_is_enough() -> None:
    many = {f"list{number}": 10 for number in range(5000)}
    chosen = forecast.sample(many, {name: [[0]] for name in many}, 2000)
    assert sum(map(len, chosen.values())) == 2000
    assert forecast.sample({"a": 1, "b": 0}, {"a": [[0]]}) == {"a": [[0]]}


def test_what_was_not_measured_is_not_predicted() -> None:
    assert forecast.of_mails(100, 0, 0.0, 2, 0.0) is None
    assert forecast.of_mails(0, 10, 1.0, 2, 0.0) is None
    assert forecast.of_files(100, 0, 0.0) is None


def test_the_forecast_says_how_it_was_measured() -> None:
    found = forecast.of_mails(412_000, 2000, 7.25, 2, 30.0)
    assert found is not None
    assert found["seconds"] == pytest.approx(412_000 * 7.25 / 2000 + 30)
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
