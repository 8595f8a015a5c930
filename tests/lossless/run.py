#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The loss test: full load of all kinds while the gateway is reloaded, upgraded, rotated, killed in
parts, and stopped. Not one request may be lost but those that a killed worker had.

    run.py --gateway PATH [--reloads 50] [--upgrades 5] [--rotations 20] [--kills 10] [--clients 2]

Exit status 1 when anything was lost, answered twice, or logged wrongly.
"""

import argparse
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "blackbox")]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--gateway", default=os.environ.get("GATEWAY", "build/api-gateway"))
    parser.add_argument("--reloads", type=int, default=50)
    parser.add_argument("--upgrades", type=int, default=5)
    parser.add_argument("--rotations", type=int, default=20)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--clients", type=int, default=2, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.environ["GATEWAY"] = os.path.abspath(options.gateway)
    from storm import Storm, report  # needs $GATEWAY
    storm = Storm(options.clients, options.seed)
    started = time.monotonic()
    try:
        in_steps = options.upgrades // 2
        storm.run(reload=options.reloads, upgrade=options.upgrades - in_steps,
                  upgrade_in_steps=in_steps, take_back=1, rotate=options.rotations, kill=options.kills)
        problems = storm.judge()
    finally:
        storm.close()
    print(f"lossless: {options.reloads} reloads, {options.upgrades} upgrades and one taken back, "
          f"{options.rotations} rotations, {options.kills} workers killed, a stop, in "
          f"{time.monotonic() - started:.0f} s")
    print(f"lossless: {report(storm)}")
    for problem in problems[:50]:
        print(f"lossless: {problem}")
    if problems:
        print(f"lossless: {len(problems)} problems; the error log:")
        print(storm.gateway.errors.text())
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
