# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that an inventory gives roles, and their refusals. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Mapping

from ansible_collections.listops.mailman.plugins.module_utils import _visible as visible
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight import types
from ansible_collections.listops.mailman.plugins.plugin_utils.preflight.kinds import MISSING, Kind, Refusal, Rule

# Questions to the host by kind: calendars, timespans, files, and pairs of a certificate and its key.
Questions = dict[str, list[Any]]


class Given:
    """Variables of one host, checked by their types and rules, and the refusals so far.

    host: the facts of the host, empty when no host is asked.
    found: the host's answers, None when no host is asked.
    """

    def __init__(
        self, *, facts: Mapping[str, Any] | None = None, found: Mapping[str, Any] | None = None, name: str = ""
    ) -> None:
        self.host = facts or {}
        self.host_name = name
        self.found = found
        self.refusals: list[Refusal] = []
        self.complaints: list[str] = []
        self.by_inventory: set[str] = set()
        self._values: dict[str, Any] = {}
        self._raw: dict[str, Any] = {}
        self._refused: set[str] = set()
        self._secret: set[str] = set()

    def take(self, name: str, value: Any, option: types.Option, rule: Rule | None = None) -> bool:
        """Check a variable. Returns whether it is accepted. value: MISSING when nobody set it."""
        if value is MISSING or (value is None and "default" not in option and not option.get("required")):
            if option.get("required"):
                self.refuse(name, rule.accepted if rule else types.accepted(option), MISSING)
            return value is None
        wrong = list(types.refusals(name, value, option))
        if not wrong:
            self._values[name] = types.typed(value, option)
            self._raw[name] = value
            wrong = list(rule.check(name, self._values[name])) if rule else []
        if isinstance(rule, Kind):
            wrong = [item._replace(accepted=rule.accepted) if item.key == name else item for item in wrong]
        if option.get("no_log"):
            self._secret.add(name)
            wrong = [refusal._replace(secret=True) for refusal in wrong]
        self._add(name, wrong)
        return not wrong

    def _add(self, name: str, refusals: Iterable[Refusal]) -> None:
        for refusal in refusals:
            self._refused.add(name)
            if refusal not in self.refusals:
                self.refusals.append(refusal)

    def refuse(self, key: str, accepted: str, value: Any = None) -> None:
        """Add a refusal that depends on several variables. value: shown instead of the variable's own value."""
        shown = self._values.get(key) if value is None else value
        self._add(key, [Refusal(key, shown, accepted, key in self._secret)])

    def fine(self, *names: str) -> bool:
        """Whether all of these variables are set and none is refused, so that rules can compare them."""
        return all(name in self._values and name not in self._refused for name in names)

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def said(self, name: str) -> bool:
        """Whether the inventory sets a variable itself; otherwise it has the role's default."""
        return name in self.by_inventory

    def complain(self, sentence: str) -> None:
        """Add a refusal that is a whole sentence."""
        self.complaints.append(visible.sentence(sentence))

    def values(self, *names: str) -> list[Any]:
        """Values of the accepted ones of these variables."""
        return [self[name] for name in names if self.fine(name)]

    def must(self, name: str, rule: Rule, why: str = "") -> None:
        """Check a variable by one more rule. why: the end of the refusal."""
        if self.fine(name):
            self._add(
                name, [refusal._replace(accepted=refusal.accepted + why) for refusal in rule.check(name, self[name])]
            )

    def must_raw(self, name: str, rule: Rule) -> None:
        """Check a secret as it is written in YAML, so that a number is refused."""
        if self.fine(name):
            self._add(name, [refusal._replace(secret=True) for refusal in rule.check(name, self._raw[name])])

    def refuse_times(self, *names: str) -> None:
        """Refuse times that the host's systemd cannot read."""
        unreadable = (self.found or {}).get("unreadable_times", {})
        for name in names:
            if self.fine(name) and self[name] in unreadable:
                said = " ({0})".format(unreadable[self[name]]) if unreadable[self[name]] else ""
                self.refuse(
                    name, "a time as systemd writes it, such as *-*-* 02:30:00 or daily, or a span such as 5min" + said
                )

    def refuse_missing_files(self, *names: str) -> None:
        """Refuse paths of files that are not on the host."""
        for name in names:
            if self.fine(name) and self[name] in (self.found or {}).get("missing_files", ()):
                self.refuse(name, "a file that is on {0} before this role runs".format(self.host_name))

    def refuse_wrong_key(self, certificate: str, key: str) -> None:
        """Refuse a key that does not match its certificate or needs a passphrase."""
        wrong = (self.found or {}).get("wrong_keys", {})
        if self.fine(certificate, key) and self[key] in wrong:
            self.refuse(
                key,
                "the key, without a passphrase, of {0}, which is {1} on {2} ({3})".format(
                    certificate, self[certificate], self.host_name, wrong[self[key]]
                ),
            )

    def refuse_renamed_to_itself(self, name: str) -> None:
        """Refuse lists whose former and present addresses are the same."""
        for number, renamed in enumerate(self[name]):
            if renamed["from"] == renamed["to"]:
                self.refuse("{0}[{1}]".format(name, number), "two different posting addresses", renamed)
