# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from docs import commands, pages, picture, plays

RUNBOOK = """# Runbook

See [below](#second-one).

## First

Go to [a detail](#a-detail), [vocabulary](vocabulary.md#people) or the role [exim](roles/exim.md).

```sh
# no heading
echo [x](y)
```

## Second one

### A `detail`

[Code](../plugins/code.txt), [module](modules/list.md), [home](../README.md).
"""
FILES = {
    "galaxy.yml": "repository: https://example.org/x\n",
    "README.md": "# X\n\n[docs](docs/README.md)\n",
    "docs/README.md": "# X\n\n## Start\n\n- [Burns](runbook.md#first)\n- [all](runbook.md), [words](vocabulary.md)\n"
    "- [p](../CONTRIBUTING.md)\n- [s](../SECURITY.md), [c](../CODE_OF_CONDUCT.md), [r](../CHANGELOG.rst), [f](reference.md)\n",
    "docs/runbook.md": RUNBOOK,
    "docs/vocabulary.md": "# Words\n\n## People\n",
    "docs/reference.md": "# Reference\n",
    "docs/roles/exim.md": "# exim\n",
    "docs/modules/list.md": "# list\n",
    "plugins/code.txt": "",
    "CONTRIBUTING.md": "# C\n",
    "SECURITY.md": "# S\n",
    "CODE_OF_CONDUCT.md": "# CoC\n",
    "CHANGELOG.rst": "Changes\n=======\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_section_of_the_runbook_is_a_page(root):
    made = pages.Site(root).files()
    assert made["operations/first.md"] == (
        "# First\n\nGo to [a detail](second-one.md#a-detail), [vocabulary](../vocabulary.md#people) or the role "
        "[exim](../reference/exim_role.rst).\n\n```sh\n# no heading\necho [x](y)\n```\n"
    )
    assert made["operations/second-one.md"] == (
        "# Second one\n\n## A `detail`\n\n[Code](https://example.org/x/blob/main/plugins/code.txt), "
        "[module](../reference/list_module.rst), [home](../index.md).\n"
    )
    assert made["operations/index.md"].startswith("# Runbook\n\nSee [below](second-one.md).\n")
    # what the first page lists is in its menu, the rest in that of the runbook
    assert made["operations/index.md"].endswith("```{toctree}\n:maxdepth: 1\n\nsecond-one\n```\n")
    assert ":caption: Start\n:hidden:\n\noperations/first\noperations/index\nvocabulary\n" in made["index.md"]


@pytest.mark.parametrize(
    ("link", "said"),
    [("nothere.md", "there is no docs/nothere.md"), ("vocabulary.md#nobody", "docs/vocabulary.md has no such heading")],
)
def test_a_link_that_leads_nowhere(root, link, said):
    (root / "docs/reference.md").write_text(f"[x]({link})\n", encoding="utf-8")
    assert pages.check(pages.Site(root)) == [f"docs/reference.md has a link to {link}: {said}."]


def test_a_page_without_a_link_to_it(root):
    (root / "docs/lonely.md").write_text("# Lonely\n", encoding="utf-8")
    with pytest.raises(pages.DeadLink, match=r"docs/README.md has no link to lonely.md."):
        pages.Site(root).files()


PLAY = """---
# Do it,
# at once.
- name: Do it
  hosts: all
  vars:
    # Required: which.
    do_it: []
    do_more: ""
    # Where, of
    # all places.
    do_there: "{{ lookup('ansible.builtin.env', 'PWD') }}/x.yml"
    # These follow from the others.
    do_path: "{{ do_there }}"
  tasks: []
"""


def test_a_playbook_by_its_comments():
    playbook = plays.parse("do", PLAY)
    assert playbook.about == "Do it, at once."
    assert playbook.names() == {"do_it", "do_more", "do_there"}
    assert [entry.about for entry in playbook.variables] == ["Required: which.", "Where, of all places."]
    assert [plays.default_of(value) for value in playbook.variables[0].values.values()] == ["`[]`", ""]
    assert plays.default_of(playbook.variables[1].values["do_there"]) == "`./x.yml`"


@pytest.mark.parametrize(
    "text", [PLAY.replace("    # Required: which.\n", ""), PLAY.replace("# Do it,\n# at once.\n", "")]
)
def test_a_playbook_that_says_nothing(text):
    with pytest.raises(ValueError):
        plays.parse("do", text)


def test_commands_of_a_document():
    text = """Run `make demo` or `make`, never `demo`.

```sh
ansible-playbook -i inventory x \\
  -e 'a=b # c'    # what it does
# only words
```

```console
$ make test     # all
said
```

    ansible-playbook y
    said

| `ps -e \\| grep x` | y |

```yaml
# a/b.yml, with more
a: make demo
```
"""
    assert [(command.text, command.block) for command in commands.commands(text)] == [
        ("ansible-playbook -i inventory x -e 'a=b # c'", True),
        ("make test", True),
        ("ansible-playbook y", True),
        ("make demo", False),
        ("ps -e | grep x", False),
    ]
    assert commands.files(text) == {"a/b.yml": "# a/b.yml, with more\na: make demo\n"}


def test_the_picture_has_each_box_and_no_two_in_one_place():
    assert all(box.title in picture.mermaid() and f">{box.title}<" in picture.svg() for box in picture.BOXES)
    places = [picture.place(box) for box in picture.BOXES]
    assert len(set(places)) == len(places)
