# Copyright: (c) 2026, The listops.mailman contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in for Mailman 2.1, for CI hosts where the real one cannot be installed.

It holds what the contract suite needs and no more: it keeps lists, members, held
requests and locks in Mailman's own file formats and answers through commands of the
same names. It moves no mail. What it does is checked against recordings of the real
2.1.39 by tests/contract/test_facts.py, which also runs against a real one.
"""
