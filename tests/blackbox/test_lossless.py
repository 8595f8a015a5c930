# SPDX-License-Identifier: MIT
"""The loss test in short: a few of each act, under load of all kinds. See tests/lossless."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lossless"))

from storm import Storm, report  # noqa: E402  (its folder had to be named first)


class Lossless(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.storm = Storm()
        self.addCleanup(self.storm.close)

    def logs(self):
        return f"{report(self.storm)}\n{self.storm.gateway.logs()}"

    def test_nothing_is_lost_by_whatever_an_operator_does(self):
        self.storm.run(reload=4, upgrade=1, take_back=1, rotate=2, kill=2)
        self.assertEqual(self.storm.judge(), [])
        self.assertGreater(self.storm.ledger.total(), 100)
