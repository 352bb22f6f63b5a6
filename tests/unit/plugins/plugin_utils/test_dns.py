# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest

from ansible_collections.listops.mailman.plugins.filter.dns_check import dns_check
from ansible_collections.listops.mailman.plugins.plugin_utils import dns

HOST, ADDRESS, ADDRESS6 = "mail.example.org", "192.0.2.25", "2001:db8::25"
DER = base64.b64encode(bytes.fromhex("30820122300d06092a864886f70d01010105000382010f00") + bytes(range(240))).decode()
PEM = f"-----BEGIN PUBLIC KEY-----\n{DER[:64]}\n{DER[64:]}\n-----END PUBLIC KEY-----\n"
ED25519 = base64.b64encode(dns.ED25519_HEADER + bytes(32)).decode()


def wanted(**options):
    return dns.records(["lists.example.org"], HOST, [ADDRESS, ADDRESS6], **options)


def answers(records, **changes):
    """What the DNS says when all is published, but for what changes say of a role."""
    known: dict[tuple[str, str], list[str]] = {}
    for record in records:
        values = changes.get(record["role"], [record["value"]])
        known.setdefault((record["name"], record["type"]), []).extend(values)
    return known


def states(records, known):
    return {(entry["record"].split()[0], entry["state"]) for entry in dns.check(records, known)}


def state_of(role, records, known):
    found = {dns.judge(record, records, known) for record in records if record["role"] == role}
    assert len(found) == 1, found
    return found.pop()


def test_the_records_of_one_domain():
    options = {"web_host": "lists.example.org", "reports_to": "postmaster@example.org"}
    assert [dns.line(record) for record in wanted(**options)] == [
        "mail.example.org. IN A 192.0.2.25",
        "mail.example.org. IN AAAA 2001:db8::25",
        "lists.example.org. IN A 192.0.2.25",
        "lists.example.org. IN AAAA 2001:db8::25",
        "25.2.0.192.in-addr.arpa. IN PTR mail.example.org.",
        f"{'.'.join('5200000000000000000000008bd01002')}.ip6.arpa. IN PTR mail.example.org.",
        "lists.example.org. IN MX 10 mail.example.org.",
        'lists.example.org. IN TXT "v=spf1 mx -all"',
        '_dmarc.lists.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:postmaster@example.org"',
    ]


def test_each_domain_has_its_own_and_nothing_is_there_twice():
    records = dns.records(["lists.example.org", "mail.example.org"], HOST, [ADDRESS], web_host=HOST)
    assert [record["name"] for record in records if record["role"] == "mx"] == ["lists.example.org", "mail.example.org"]
    assert len([record for record in records if record["role"] == "address"]) == 1


def test_a_key_that_signs_mail():
    dkim = {"domain": "lists.example.org", "selector": "2026", "public_key": PEM}
    *_others, dmarc, key = wanted(dkim=dkim)
    assert dmarc["value"] == "v=DMARC1; p=quarantine"
    assert key["name"] == "2026._domainkey.lists.example.org"
    assert key["value"] == f"v=DKIM1; k=rsa; p={DER}"
    # strings of a text have 255 characters at most
    assert [len(part) for part in dns.line(key).split('"')[1::2]] == [255, len(key["value"]) - 255]


def test_a_domain_that_does_not_sign_has_no_policy():
    dkim = {"domain": "example.org", "selector": "2026", "public_key": PEM}
    domains = ["example.org", "lists.example.org", "notexample.org"]
    records = dns.records(domains, HOST, [ADDRESS], dkim=dkim)
    policies = [dns.tags(record["value"])["p"] for record in records if record["role"] == "dmarc"]
    assert policies == ["quarantine", "quarantine", "none"]


def test_a_short_key():
    pem = f"-----BEGIN PUBLIC KEY-----\n{ED25519}\n-----END PUBLIC KEY-----\n"
    assert dns.dkim_value(pem) == f"v=DKIM1; k=ed25519; p={base64.b64encode(bytes(32)).decode()}"


@pytest.mark.parametrize(("addresses", "key"), [(["mail"], PEM), ([ADDRESS], "")])
def test_what_is_no_address_and_no_key(addresses, key):
    with pytest.raises(ValueError):
        dns.records(["x.example.org"], HOST, addresses, dkim={"domain": "x", "selector": "y", "public_key": key})


def test_all_published_and_nothing_published():
    records = wanted(dkim={"domain": "lists.example.org", "selector": "2026", "public_key": PEM})
    assert {state for _name, state in states(records, answers(records))} == {"published"}
    assert {state for _name, state in states(records, {})} == {"missing"}


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ("v=spf1 mx -all", "published"),
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", "published"),
        ("v=spf1 a:mail.example.org ~all", "published"),
        ("v=spf1 +mx:lists.example.org/32 ?all", "published"),
        ("V=SPF1 MX -all", "published"),
        ("v=spf1 all", "published"),
        # mail by IPv6 is not allowed
        ("v=spf1 ip4:192.0.2.25 -all", "different"),
        ("v=spf1 -mx ip4:198.51.100.1 -all", "different"),
        ("v=spf1 ip4:mail ip6:x -all", "different"),
        ("v=spf1 -all", "different"),
        ("v=spf1 include:_spf.example.net -all", "not judged"),
        ("v=spf1 redirect=_spf.example.net", "not judged"),
        ("v=spf10 mx -all", "missing"),
        ("google-site-verification=x", "missing"),
    ],
)
def test_a_policy_in_other_words(policy, state):
    records = wanted()
    assert state_of("spf", records, answers(records, spf=[policy])) == state


def test_two_policies_are_none():
    records = wanted()
    assert state_of("spf", records, answers(records, spf=["v=spf1 mx -all", "v=spf1 all"])) == "different"
    assert state_of("dmarc", records, answers(records, dmarc=["v=DMARC1; p=none"] * 2)) == "different"


@pytest.mark.parametrize(
    ("policy", "state"),
    [
        ("v=spf1 a:relay.example.net -all", "published"),
        ("v=spf1 ip4:198.51.100.0/24 a:relay.example.net ~all", "published"),
        ("v=spf1 ip4:198.51.100.0/24 -all", "not judged"),
        ("v=spf1 -all", "different"),
    ],
)
def test_a_smarthost_sends_the_mail(policy, state):
    records = wanted(smarthost="relay.example.net")
    assert state_of("spf", records, answers(records, spf=[policy])) == state


@pytest.mark.parametrize(
    ("role", "found", "state"),
    [
        ("mx", ["20 mail.example.org", "10 filter.example.net"], "published"),
        ("mx", ["10 elsewhere.example.net"], "different"),
        ("reverse", ["host-25.provider.example.net"], "different"),
        ("dmarc", ["v=DMARC1; p=reject; pct=100"], "published"),
        ("dmarc", ["v=DMARC1; p=nothing"], "different"),
        ("dmarc", ["v=DMARC1"], "different"),
        ("dkim", [f"k=rsa; p={DER[:100]} {DER[100:]}"], "published"),
        ("dkim", ["v=DKIM1; p="], "different"),
    ],
)
def test_what_is_published_instead(role, found, state):
    records = wanted(dkim={"domain": "lists.example.org", "selector": "2026", "public_key": PEM})
    assert state_of(role, records, answers(records, **{role: found})) == state


def test_what_strangers_published_does_nothing_to_a_terminal():
    records = [record for record in wanted() if record["role"] == "mx"]
    (entry,) = dns.check(records, {("lists.example.org", "MX"): ["10 a\x1b[31m.example.net"]})
    assert entry["said"] == (
        r"different: lists.example.org. IN MX 10 mail.example.org. (found: 10 a\x1b[31m.example.net)"
    )


def test_the_answers_of_the_module():
    records = wanted()
    found = [{"name": name, "type": kind, "found": values} for (name, kind), values in answers(records).items()]
    assert {entry["state"] for entry in dns_check(records, found)} == {"published"}
    assert {entry["state"] for entry in dns_check(records, [])} == {"missing"}
