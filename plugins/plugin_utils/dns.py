# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS records that a list server needs, and what is said of those that are published. Pure.

A record is a dictionary: C(name), C(type), C(value) as a zone file has it, and C(role), what it is for.
"""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence

from ansible_collections.listops.mailman.plugins.module_utils._visible import escaped

Record = dict[str, str]
# Of each name and type, the values that the DNS has.
Answers = Mapping[tuple[str, str], Sequence[str]]

PUBLISHED, DIFFERENT, MISSING, UNJUDGED = "published", "different", "missing", "not judged"
ED25519_HEADER = bytes.fromhex("302a300506032b6570032100")
# What a server of policies looks up elsewhere.
ELSEWHERE = ("include", "exists", "ptr", "redirect")


def dkim_value(public_key: str) -> str:
    """The record of a public key, which is in PEM; raises ValueError."""
    found = re.search(r"-----BEGIN PUBLIC KEY-----(.*?)-----END PUBLIC KEY-----", public_key, re.DOTALL)
    if not found:
        raise ValueError("it is no public key in PEM")
    key = base64.b64decode(found[1])
    if key.startswith(ED25519_HEADER):
        return "v=DKIM1; k=ed25519; p=" + base64.b64encode(key[len(ED25519_HEADER) :]).decode("ascii")
    return "v=DKIM1; k=rsa; p=" + base64.b64encode(key).decode("ascii")


def records(
    domains: Sequence[str],
    host: str,
    addresses: Sequence[str],
    web_host: str = "",
    smarthost: str = "",
    reports_to: str = "",
    dkim: Mapping[str, str] | None = None,
) -> list[Record]:
    """The records for mail domains on a host with these addresses; raises ValueError.

    dkim has domain, selector and public_key. Where mail is not signed by its own domain, forged and forwarded mail look
    the same, and the policy is none.
    """
    found: list[Record] = []

    def add(name: str, kind: str, value: str, role: str) -> None:
        record = {"name": name.lower(), "type": kind, "value": value, "role": role}
        if record not in found:
            found.append(record)

    parsed = [ipaddress.ip_address(address) for address in addresses]
    for name in dict.fromkeys(filter(None, (host, web_host))):
        for address in parsed:
            add(name, "A" if address.version == 4 else "AAAA", str(address), "address")
    for address in parsed:
        add(address.reverse_pointer, "PTR", host, "reverse")
    for domain in domains:
        add(domain, "MX", f"10 {host}", "mx")
        add(domain, "TXT", f"v=spf1 {f'a:{smarthost}' if smarthost else 'mx'} -all", "spf")
        signed = dkim and f".{domain}".endswith(f".{dkim['domain']}")
        policy = "quarantine" if signed else "none"
        reports = f"; rua=mailto:{reports_to}" if reports_to else ""
        add(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p={policy}{reports}", "dmarc")
    if dkim:
        add(f"{dkim['selector']}._domainkey.{dkim['domain']}", "TXT", dkim_value(dkim["public_key"]), "dkim")
    return found


def line(record: Mapping[str, str]) -> str:
    """A record as a zone file has it. A string of it has 255 characters at most."""
    value = record["value"]
    if record["type"] == "TXT":
        value = " ".join(f'"{value[start : start + 255]}"' for start in range(0, len(value), 255))
    elif record["type"] in ("MX", "PTR"):
        value += "."
    return f"{record['name']}. IN {record['type']} {value}"


def tags(text: str) -> dict[str, str]:
    """The tags of a DMARC or DKIM record."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {key.strip().lower(): re.sub(r"\s", "", value) for key, _equals, value in pairs if key.strip()}


def of_version(values: Iterable[str], version: str) -> list[str]:
    return [value for value in values if re.match(rf"{version}(?:[ ;]|$)", value, re.IGNORECASE)]


def judge_one(found: Sequence[str], version: str, right: bool) -> str:
    """Of a kind of record that a name has once."""
    several = of_version(found, version)
    if not several:
        return MISSING
    return PUBLISHED if len(several) == 1 and right else DIFFERENT


def judge_spf(record: Mapping[str, str], found: Sequence[str], wanted: Sequence[Record], answers: Answers) -> str:
    """Whether the policy of a domain allows all addresses of the host; what it reads elsewhere is not judged."""
    policies = of_version(found, "v=spf1")
    if len(policies) != 1 or policies[0] == record["value"]:
        return judge_one(found, "v=spf1", True)
    addresses = {item["value"] for item in wanted if item["type"] in ("A", "AAAA")}
    smarthosts = re.findall(r" a:(\S+)", record["value"])
    allowed: set[str] = set()
    elsewhere = False
    for term in policies[0].lower().split()[1:]:
        name, _mark, value = re.sub(r"^\+", "", term).partition("=" if "=" in term else ":")
        value, _slash, _length = (value, "", "") if name in ("ip4", "ip6") else value.partition("/")
        if name == "all":
            return PUBLISHED
        if name in ELSEWHERE:
            elsewhere = True
        elif name == "a" and value in smarthosts:
            return PUBLISHED
        elif smarthosts and name in ("ip4", "ip6", "a", "mx"):
            # whose addresses these are, nobody here knows
            elsewhere = True
        elif name in ("ip4", "ip6"):
            allowed |= {address for address in addresses if within(address, value)}
        elif name in ("a", "mx"):
            domain = value or record["name"]
            hosts = [domain] if name == "a" else [mx.split()[-1] for mx in answers.get((domain, "MX"), ())]
            allowed |= {
                address for host in hosts for kind in ("A", "AAAA") for address in answers.get((host, kind), ())
            }
    if addresses <= allowed and not smarthosts:
        return PUBLISHED
    return UNJUDGED if elsewhere else DIFFERENT


def within(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def judge(record: Mapping[str, str], wanted: Sequence[Record], answers: Answers) -> str:
    """What is to be said of a record: whether the DNS has it, or another that does as well."""
    found = answers.get((record["name"], record["type"]), ())
    role, value = record["role"], record["value"]
    if role == "spf":
        return judge_spf(record, found, wanted, answers)
    if role == "dmarc":
        policies = of_version(found, "v=DMARC1")
        return judge_one(
            found, "v=DMARC1", all(tags(text).get("p") in ("none", "quarantine", "reject") for text in policies)
        )
    if role == "dkim":
        # the version may be left out
        keys = [text for text in found if "p" in tags(text)]
        if not keys:
            return MISSING
        return PUBLISHED if [tags(text)["p"] for text in keys] == [tags(value)["p"]] else DIFFERENT
    if not found:
        return MISSING
    known = [mx.split()[-1] for mx in found] if role == "mx" else list(found)
    return PUBLISHED if value.split()[-1].lower() in known else DIFFERENT


def check(wanted: Sequence[Record], answers: Answers) -> list[dict[str, object]]:
    """Each record with its line, its state and, where another is published, that one; and all of it in a sentence."""
    result: list[dict[str, object]] = []
    for record in wanted:
        state = judge(record, wanted, answers)
        found = list(answers.get((record["name"], record["type"]), ()))
        if record["role"] == "spf":
            found = of_version(found, "v=spf1")
        found = [] if state == PUBLISHED else found
        said = f"{state}: {line(record)}" + (f" (found: {escaped(' and '.join(found))})" if found else "")
        result.append({"record": line(record), "state": state, "found": found, "said": said})
    return result
