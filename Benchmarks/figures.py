# SPDX-License-Identifier: Apache-2.0
"""Figures as lines of `who suite tree members operation value`, and tables of them."""


class Figures:
    def __init__(self, lines):
        self.values = {}
        for line in lines:
            who, suite, tree, members, operation, value = line.split()
            self.values[who, suite, tree, int(members), operation] = float(value)

    def get(self, who, suite, tree, members, operation):
        return self.values.get((who, suite, tree, members, operation))

    def _named(self, place):
        found = []
        for key in self.values:
            if key[place] not in found:
                found.append(key[place])
        return found

    def print_tables(self):
        for suite in self._named(1):
            print(f"### Suite {suite}\n")
            whos = [who for who in self._named(0) if any(
                key[0] == who and key[1] == suite for key in self.values)]
            self._floor(suite)
            self._messages(suite, whos)
            self._changes(suite, whos)
            self._more(suite)

    def _floor(self, suite):
        names = ["sign", "verify", "seal", "open", "keypackage"]
        _table(
            ["sign µs", "verify µs", "HPKE seal µs", "HPKE open µs", "key package µs"],
            [[_time(self.get("ours", suite, "-", 0, name)) for name in names]])

    def _messages(self, suite, whos):
        head = ["", "protect 100 B µs", "unprotect µs", "bytes", "protect 16 KiB µs",
                "unprotect µs", "bytes", "hand-over 100 B µs", "16 KiB µs"]
        rows = []
        for who in whos:
            def cell(name, show=_time):
                return show(self.get(who, suite, "-", 0, name))
            rows.append([who] + [
                text for size in (100, 16384) for text in (
                    cell(f"protect-{size}"), cell(f"unprotect-{size}"),
                    cell(f"message-bytes-{size}", _count))
            ] + [cell("handover-100"), cell("handover-16384")])
        _table(head, rows)

    def _changes(self, suite, whos):
        times = ["commit", "process", "add", "process-add", "join", "bulk"]
        sizes = ["commit-bytes", "add-bytes", "welcome-bytes", "bulk-commit-bytes",
                 "bulk-welcome-bytes"]
        head = ["members", "tree", ""] + [name.replace("-", " ") + " µs" for name in times]
        head += [name.replace("-", " ") for name in sizes]
        rows = []
        for members in self._named(3):
            for tree in ("cold", "warm"):
                for who in whos:
                    cells = [_time(self.get(who, suite, tree, members, n)) for n in times]
                    cells += [_count(self.get(who, suite, tree, members, n)) for n in sizes]
                    if any(cells):
                        rows.append([str(members), tree, who] + cells)
        _table(head, rows)

    def _more(self, suite):
        times = ["join-wall", "bulk-wall", "bulk-treeless", "load"]
        sizes = ["groupinfo-bytes", "stored-bytes"]
        head = ["members", "tree", "join, wall µs", "bulk, wall µs", "bulk, no tree µs",
                "load µs", "GroupInfo bytes", "stored bytes"]
        rows = []
        for members in self._named(3):
            for tree in ("cold", "warm"):
                cells = [_time(self.get("ours", suite, tree, members, n)) for n in times]
                cells += [_count(self.get("ours", suite, tree, members, n)) for n in sizes]
                if any(cells):
                    rows.append([str(members), tree] + cells)
        _table(head, rows)


def _time(value):
    if value is None:
        return ""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _count(value):
    return "" if value is None else f"{value:,.0f}"


def _table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()
