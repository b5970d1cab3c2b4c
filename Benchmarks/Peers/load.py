# SPDX-License-Identifier: Apache-2.0
"""load.py KIND PORT PAIRS WINDOW WARM-UP SECONDS: one load in a process of its own; prints JSON."""

import asyncio
import json
import sys

sys.dont_write_bytecode = True
import sotto_pairs  # noqa: E402
import xmpp  # noqa: E402

BODY = ("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0NTY3ODkr" * 13)


def main():
    kind, port, pairs, window, warm_up, seconds = sys.argv[1:]
    load = {"xmpp": xmpp, "sotto": sotto_pairs}[kind]
    figures = asyncio.run(load.run(
        int(port), int(pairs), int(window), float(warm_up), float(seconds), BODY[:1024]))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
