# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions to a DNS server of our own, by the library itself."""

from __future__ import annotations

import socket
import threading

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from ansible_collections.listops.mailman.plugins.modules import dns_info

ZONE = {
    ("lists.example.org.", "MX"): ["20 Second.example.net.", "10 mail.example.org."],
    ("lists.example.org.", "TXT"): ['"v=spf1 " "mx -all"', r'"a=\"\195\188\""'],
    ("mail.example.org.", "AAAA"): ["2001:db8:0::25"],
    ("25.2.0.192.in-addr.arpa.", "PTR"): ["mail.example.org."],
}


def answer(packet: bytes) -> bytes:
    query = dns.message.from_wire(packet)
    response = dns.message.make_response(query)
    response.flags |= dns.flags.AA
    question = query.question[0]
    name, kind = question.name.to_text(), dns.rdatatype.to_text(question.rdtype)
    if name == "broken.example.org.":
        response.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in ZONE:
        response.answer.append(dns.rrset.from_text_list(name, 60, "IN", kind, ZONE[name, kind]))
    elif name not in {known for known, _kind in ZONE}:
        response.set_rcode(dns.rcode.NXDOMAIN)
    return response.to_wire()


@pytest.fixture(scope="module")
def resolver():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            packet, sender = server.recvfrom(4096)
            if not packet:
                return
            server.sendto(answer(packet), sender)

    thread = threading.Thread(target=serve)
    thread.start()
    asked = dns_info.resolver_of(["127.0.0.1"], 2)
    asked.port = server.getsockname()[1]
    yield asked
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.sendto(b"", server.getsockname())
    thread.join()
    server.close()


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("lists.example.org", "MX", ["10 mail.example.org", "20 second.example.net"]),
        ("lists.example.org.", "TXT", ['a="ü"', "v=spf1 mx -all"]),
        ("mail.example.org", "AAAA", ["2001:db8::25"]),
        ("25.2.0.192.in-addr.arpa", "PTR", ["mail.example.org"]),
        # the name is there, and no such record; and no such name
        ("mail.example.org", "MX", []),
        ("nothere.example.org", "A", []),
    ],
)
def test_values(resolver, name, kind, values):
    assert dns_info.ask(resolver, name, kind) == values


def test_a_server_that_does_not_answer_is_an_error(resolver):
    with pytest.raises(dns.exception.DNSException):
        dns_info.ask(resolver, "broken.example.org", "A")
