# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.listops.mailman.plugins.module_utils import _openpgp as openpgp
from ansible_collections.listops.mailman.plugins.module_utils._lists.vocabulary import Invalid

FINGERPRINT = "B87B513F41C4EDD641F4528557C278CE27EBDBA8"


def listing(validity="u", can="escESC", expires="", fingerprint=FINGERPRINT):
    """What gpg prints of a key."""
    return (
        f"pub:{validity}:255:22:57C278CE27EBDBA8:1577836800:{expires}::u:::{can}:::::ed25519:::0:\n"
        f"fpr:::::::::{fingerprint}:\n"
        f"uid:{validity}::::1577836800::36F8::Bea <bea@example.net>::::::::::0:\n"
        f"sub:{validity}:255:18:1DEF79DAF5172372:1577836800::::::e:::::cv25519::\n"
        "fpr:::::::::E5F112F85E07E6DE6A0BB45D1DEF79DAF5172372:\n"
    )


def test_a_good_key():
    assert openpgp.chosen(listing(), "") == FINGERPRINT
    blanks = " ".join(FINGERPRINT[place : place + 4] for place in range(0, 40, 4)).lower()
    assert openpgp.chosen(listing(), blanks) == openpgp.chosen(listing(), "0x" + FINGERPRINT) == FINGERPRINT


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("", "the key file has no keys: give the ASCII-armoured public key of one person"),
        (listing() + listing(fingerprint="A" * 40), "the key file has 2 keys"),
        (listing("e", "sc", "1580428800"), "is expired on 2020-01-31: give one that is good today"),
        (listing("r", "sc"), "is revoked: give"),
        (listing(can="scSC"), "nothing can be encrypted to the key B87B"),
        (listing(fingerprint="A" * 40), f"the key's fingerprint is {'A' * 40}: give the key with {FINGERPRINT}"),
    ],
)
def test_a_key_that_does_not_do(text, sentence):
    with pytest.raises(Invalid, match=sentence):
        openpgp.chosen(text, FINGERPRINT)


@pytest.mark.parametrize(
    "key", ["", "ssh-ed25519 AAAA", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n"]
)
def test_a_file_without_a_public_key(key):
    with pytest.raises(Invalid, match="the key file holds none: give the ASCII-armoured public key of one person"):
        openpgp.encrypt(b"text", key)
