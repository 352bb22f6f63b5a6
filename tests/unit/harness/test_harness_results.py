# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The harness must not call green what is red, nor what has not been looked at."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness import sanity, stories
from harness.checkout import ROOT
from harness.console import Problem, table
from harness.demo import PROOFS, changed_tasks, headline, proof, recap, unproved
from harness.results import ONE, Count, PartFailed, Run, gist, left_out, read_junit, reason

JUNIT = """<testsuites><testsuite>
<testcase name="good"/><testcase name="also good"/>
<testcase name="bad"><failure message="Assertion: 1&#10;assert 1 == 2"/></testcase>
<testcase name="broken"><error/></testcase>
<testcase name="left out"><skipped/></testcase>
</testsuite></testsuites>"""


def fail(problem: Problem):
    def action() -> Count:
        raise problem

    return action


def test_a_report_is_counted(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(JUNIT, encoding="utf-8")
    assert read_junit(report) == Count(2, 2, 1, ("bad: Assertion: 1", "broken: "))
    assert read_junit(tmp_path / "none.xml") == Count()


FRAMES = """  File "<string>", line 3, in <module>
    open("/nothere")
FileNotFoundError: [Errno 2] No such file or directory: '/nothere'"""


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("", ""),
        ("AssertionError: 1\nassert 1 == 2", "AssertionError: 1"),
        # as the program in a host and pytest say it
        (
            f"AssertionError: host: python3: Traceback (most recent call last):\n{FRAMES}\nassert 1 == 0\n +  where 1 = x",
            "AssertionError: host: python3: Traceback (most recent call last): "
            "FileNotFoundError: [Errno 2] No such file or directory: '/nothere'",
        ),
        # one error from another
        (
            f"x: Traceback (most recent call last):\n{FRAMES}\n\nThe above exception was the direct cause:\n\n"
            'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\nKeyError: 4\n',
            "x: Traceback (most recent call last): KeyError: 4",
        ),
        # after a program that was given as an argument
        (
            f"host: python3 -c '\nopen()\n': Traceback (most recent call last):\n{FRAMES}",
            "host: python3 -c ' FileNotFoundError: [Errno 2] No such file or directory: '/nothere'",
        ),
        (
            "x: Traceback (most recent call last):\n  ... cut\nlast words\n",
            "x: Traceback (most recent call last): last words",
        ),
        ("x: Traceback (most recent call last):", "x: Traceback (most recent call last):"),
        ("y" * 400 + f"\nTraceback (most recent call last):\n{FRAMES}", "y" * 150 + " " + FRAMES.splitlines()[-1]),
    ],
)
def test_the_gist_of_a_failure_says_what_went_wrong(message, said):
    assert gist(message) == said


def test_a_report_says_with_which_error_a_traceback_ends(tmp_path):
    message = f"x: Traceback (most recent call last):\n{FRAMES}".replace("\n", "&#10;").replace('"', "&quot;")
    report = tmp_path / "report.xml"
    report.write_text(JUNIT.replace("Assertion: 1", message.replace("<", "&lt;")), encoding="utf-8")
    assert "FileNotFoundError" in read_junit(report).failures[0]


def test_later_parts_run_after_one_has_failed(capsys):
    parts = Run()
    parts.part("first", lambda: ONE)
    parts.part("second", fail(Problem("it rains")))
    parts.part("third", fail(PartFailed("some fail", Count(7, 2, failures=("bad: 1 is not 2", "broken: ")))))
    parts.part("fourth", lambda: Count(5))
    assert parts.finish() == 1
    said = capsys.readouterr().out
    assert "FAILED second: it rains" in said
    assert said.splitlines()[-4:] == [
        "FAILED second: it rains",
        "FAILED third: bad: 1 is not 2",
        "FAILED third: broken: ",
        "13 passed, 3 failed",
    ]


@pytest.mark.parametrize(
    ("action", "line", "status"),
    [
        (lambda: Count(5), "5 passed, 0 failed", 0),
        (lambda: Count(5, 0, 1), "5 passed, 0 failed, 1 skipped", 0),
        (Count, "0 passed, 0 failed", 1),
        (fail(PartFailed("the converge failed before any test", Count())), "0 passed, 1 failed", 1),
        (fail(PartFailed("the tests passed and what came after them did not", Count(4))), "4 passed, 1 failed", 1),
    ],
)
def test_the_closing_line(action, line, status, capsys):
    parts = Run()
    parts.part("part", action)
    assert parts.finish() == status
    assert capsys.readouterr().out.splitlines()[-1] == line


def test_sanity_that_looked_at_nothing_is_a_problem():
    for output in (
        "",
        "WARNING: All targets skipped.",
        'Running sanity test "compile" on Python 3.9\nAll targets skipped',
    ):
        with pytest.raises(Problem, match="looked at nothing"):
            sanity.judge(output, failed=False)


def test_sanity_is_counted():
    ran = 'Running sanity test "compile" on Python 3.9\nRunning sanity test "compile" on Python 3.11\nRunning sanity test "pep8"\n'
    assert sanity.judge(ran, failed=False) == Count(3)
    end = "FATAL: The 2 sanity test(s) listed below (out of 3) failed."
    assert sanity.judge(ran + end, failed=True) == Count(1, 2)
    assert sanity.judge(ran, failed=True) == Count(2, 1)


def test_the_search_path_has_no_shims():
    path = sanity.search_path("/checkout/.venv/bin:/home/x/.pyenv/shims:/usr/bin").split(":")
    assert path[0] == "/checkout/.venv/bin"
    assert path[-1] == "/usr/bin"
    assert not any(folder.endswith("shims") for folder in path)


RECAP = """
TASK [listops.mailman.exim : Install] ***
changed: [fermium]
TASK [listops.mailman.exim : Start] ***
[ERROR]: Task failed: no such unit
fatal: [fermium]: FAILED! => {}
PLAY RECAP ***
fermium                    : ok=118  changed=46   unreachable=0    failed=1    skipped=13
outside                    : ok=1    changed=0    unreachable=0    failed=0    skipped=0
"""


def test_what_ansible_says_is_understood():
    assert recap(RECAP, "fermium")["changed"] == 46
    assert recap("PLAY RECAP ***\n", "fermium") == {}
    assert reason(RECAP) == "listops.mailman.exim : Start: Task failed: no such unit"
    assert changed_tasks(RECAP) == ["listops.mailman.exim : Install"]
    assert reason("") == "before the first task: no error was shown"
    assert headline("TASK [listops.mailman.exim : Start] ***") == "  listops.mailman.exim : Start"
    assert headline("fatal: [fermium]: FAILED! => {}").startswith("fatal:")
    assert headline("ok: [fermium]") == ""


def test_a_proof_that_has_ended_is_shown():
    assert proof("tests/proof/server/test_1_mail.py::test_a_post PASSED   [  4%]") == "test_a_post passed"
    assert proof("tests/proof/server/test_1_mail.py::test_a_list[x y] FAILED [ 8%]") == "test_a_list[x y] failed"
    assert proof("collected 25 items") == ""


def test_the_demo_leaves_the_slow_proofs_to_the_stories():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *PROOFS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    files = {line.partition("::")[0].rpartition("/")[2] for line in done.stdout.splitlines() if "::" in line}
    there = {path.name for path in (ROOT / PROOFS[0]).glob("test_*.py")}
    slow = {
        "test_audit.py",
        "test_failures.py",
        "test_pictures.py",
        "test_strangers.py",
        "test_texts.py",
        "test_vocabulary.py",
    }
    assert files == there - slow


def test_a_mark_that_nobody_registered_is_refused(tmp_path):
    test = tmp_path / "test_it.py"
    test.write_text("import pytest\n@pytest.mark.slwo\ndef test_it(): pass\n", encoding="utf-8")
    command = [sys.executable, "-m", "pytest", f"--config-file={ROOT / 'pytest.ini'}", "--collect-only", str(test)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode and "'slwo' not found in `markers`" in done.stdout, done.stdout


def test_what_is_not_proved_is_named():
    assert (
        unproved("table\nNOT PROVED  test_x: no copy came\nNOT PROVED  test_y: 404\n2 failed")
        == "test_x: no copy came; test_y: 404"
    )
    assert unproved("collected 0 items\nno tests ran in 0.1s") == "no tests ran in 0.1s"
    assert unproved("") == "pytest said nothing"


def test_a_story_says_what_it_proves_and_where_it_starts(tmp_path, monkeypatch):
    monkeypatch.setattr(stories, "ROOT", tmp_path)
    scenario = tmp_path / "molecule/x/molecule.yml"
    scenario.parent.mkdir(parents=True)
    scenario.write_text("---\nscenario: {}\n", encoding="utf-8")
    told = scenario.with_name("story.toml")
    told.write_text('proves = "it works"\nhost = ["server", "bookworm"]\n', encoding="utf-8")
    start = ("server", "bookworm")
    assert stories.stories() == [stories.Story("x", "it works", [start], start)]
    told.write_text('proves = "two"\nimages = [["python27", "bullseye"]]\nrare = "it is slow"\n', encoding="utf-8")
    assert stories.find("x").images == [("python27", "bullseye")]
    assert stories.find("x").rare and not stories.find("x").slow_is_rare
    told.write_text('proves = "two"\nslow_is_rare = "another has them"\n', encoding="utf-8")
    assert stories.find("x").slow_is_rare and not stories.find("x").rare
    with pytest.raises(Problem, match="STORY is y: give x"):
        stories.find("y")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x/story.toml lacks proves: give one line"),
        ("proves = 3", "x/story.toml has proves = 3: give the keys"),
        ('prove = "x"', "x/story.toml has prove = 'x': give the keys"),
        ("proves", "x/story.toml cannot be read: "),
    ],
)
def test_a_story_that_does_not_say_so_is_refused(tmp_path, text, said):
    path = tmp_path / "x/story.toml"
    path.parent.mkdir()
    with pytest.raises(Problem, match="x/story.toml cannot be read: "):
        stories.read_story(path)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Problem, match=said):
        stories.read_story(path)


def test_a_test_group_is_run_on_mailman21_where_there_is_a_scenario_for_it():
    export, tests = stories.on_mailman21(stories.find("export"))
    assert (export.name, export.scenario, export.images) == ("export", "events21", [("python27", "bullseye")])
    assert tests == []
    for name, other in (("events", "events21"), ("mailman21", "mailman21"), ("rename", "mailman21")):
        found, tests = stories.on_mailman21(stories.find(name))
        assert (found.name, tests) == (other, [])


def test_some_are_told_on_mailman21_by_the_contract():
    for story in stories.stories():
        for words in story.old.values():
            assert all((ROOT / word.partition("::")[0]).is_file() for word in words if word.startswith("tests/"))
    assert stories.on_mailman21(stories.find("redact"))[1] == ["tests/contract/test_8_redact.py"]


@pytest.mark.parametrize("name", ["dmarc", "spam", "digest-auth"])
def test_the_story_that_tells_it_on_mailman21_has_the_same_proofs(name):
    story = stories.find(name)
    told, tests = stories.on_mailman21(story)
    assert (told.name, tests) == ("mailman21", [])
    assert set(story.programs) <= set(told.programs)
    verifiers = [
        yaml.safe_load((ROOT / f"molecule/{scenario}/molecule.yml").read_text(encoding="utf-8"))["verifier"]
        for scenario in (story.scenario or story.name, told.name)
    ]
    own, other = (Path(verifier["directory"].removeprefix("${MOLECULE_PROJECT_DIRECTORY}/")) for verifier in verifiers)
    own = Path(str(own).replace("${LISTOPS_TEST_GROUP}", name))
    assert (ROOT / own).is_dir()
    assert own in {Path(os.path.normpath(other / path)) for path in verifiers[1]["additional_files_or_dirs"]}


def test_a_story_of_mailman3_only_says_so():
    with pytest.raises(
        Problem, match="MAILMAN2_HOST is set, and the story modules is of Mailman 3 only: give it without"
    ):
        stories.on_mailman21(stories.find("modules"))


def test_what_was_left_out_is_said_once(tmp_path):
    report = tmp_path / "report.xml"
    case = '<testcase name="{0}"><skipped message="no pages"/></testcase>'
    report.write_text(f"<testsuite>{case.format('a')}{case.format('b')}<testcase/></testsuite>", encoding="utf-8")
    assert left_out(report) == ["no pages"]


def test_every_story_here_can_be_listed():
    assert next(story.name for story in stories.stories()) == "default"


def test_a_table_is_aligned():
    assert table([("a", "bb", "c"), ("aaa", "b", "c")]) == "a    bb  c\naaa  b   c"
