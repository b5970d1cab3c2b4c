# SPDX-License-Identifier: Apache-2.0
"""What has to hold of a server's database after whatever happened to the server.

It is read from a copy, so that the server recovers its own.
"""

import os
import pathlib
import shutil
import sqlite3
import tempfile

from harness import Failed

DATABASE = "sotto.sqlite"
# The newest migration, and what it makes.
LAST_MIGRATION = "2026-11-logs"
LAST_TABLES = ("log", "log_epoch", "entry", "seen", "group_info")

# Each finds rows that must not exist.
BROKEN = {
    "a log whose entries are not counted": """
        SELECT log.id FROM log LEFT JOIN entry ON entry.log = log.id GROUP BY log.id
        HAVING count(entry.id) <> log.entries OR coalesce(sum(entry.size), 0) <> log.bytes""",
    "an entry beyond its log's head or epoch": """
        SELECT entry.id FROM entry JOIN log ON log.id = entry.log
        WHERE entry.seq > log.head OR entry.epoch > log.epoch""",
    "a log with a gap": """
        SELECT log.id FROM log LEFT JOIN
          (SELECT log, seq FROM entry UNION SELECT log, seq FROM seen) AS known
          ON known.log = log.id
        GROUP BY log.id HAVING count(known.seq) <> log.head""",
    "an inbox whose entries are not counted": """
        SELECT device.id FROM device LEFT JOIN inbox_entry ON inbox_entry.device = device.id
        GROUP BY device.id HAVING count(inbox_entry.seq) <> device.inbox_entries""",
    "an inbox entry without body, or a body without entry": """
        SELECT seq FROM inbox_entry WHERE body NOT IN (SELECT id FROM inbox_body)
        UNION ALL
        SELECT id FROM inbox_body WHERE id NOT IN (SELECT body FROM inbox_entry)""",
}


def rows(server, *statements):
    """The answers to queries on a copy of the database; the server does not run."""
    with tempfile.TemporaryDirectory(prefix="sotto-copy-") as folder:
        for path in pathlib.Path(server.data).glob(DATABASE + "*"):
            if not path.name.endswith("-shm"):
                shutil.copy(path, folder)
        database = sqlite3.connect(os.path.join(folder, DATABASE))
        try:
            return [database.execute(statement).fetchall() for statement in statements]
        finally:
            database.close()


def numbers(server):
    """The number that the server gave to each message, by log and id of submission."""
    (found,) = rows(server, """
        SELECT log, submit_id, seq FROM entry UNION SELECT log, submit_id, seq FROM seen""")
    return {(log, submission): seq for log, submission, seq in found}


def sound(server, before=None):
    """Checks the database by SQLite's own means and by the store's rules. What had a number
    `before` still has it. Gives the numbers of now."""
    ((answer,), *_), (tables,) = rows(server, "PRAGMA integrity_check", """
        SELECT count(*) FROM sqlite_master WHERE name IN ('inbox_entry', 'seen')""")
    if answer != "ok":
        raise Failed(f"integrity_check: {answer}")
    if tables != (2,):
        # Cut before the last migration.
        return {}
    for what, found in zip(BROKEN, rows(server, *BROKEN.values())):
        if found:
            raise Failed(f"{what}: {found[:3]}")
    now = numbers(server)
    changed = [key for key, seq in (before or {}).items() if now.get(key) != seq]
    if changed:
        raise Failed(f"{len(changed)} accepted messages are gone or have another number")
    return now


def schema(server):
    """The statements that made the database, and the migrations that it has seen."""
    statements, names = rows(
        server, "SELECT name, sql FROM sqlite_master ORDER BY name",
        "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    return statements, names


def rows_of(server):
    """All rows of all tables that a migration made."""
    (tables,) = rows(server, """
        SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
        AND name <> 'grdb_migrations' ORDER BY name""")
    found = rows(server, *[f"SELECT * FROM {table}" for (table,) in tables])
    return {table: sorted(of, key=repr) for (table,), of in zip(tables, found)}


def without_last_migration(server):
    """Makes of the database one that the last migration has not reached yet; accounts stay."""
    database = sqlite3.connect(os.path.join(server.data, DATABASE))
    try:
        with database:
            for table in LAST_TABLES:
                database.execute(f"DROP TABLE {table}")
            gone = database.execute(
                "DELETE FROM grdb_migrations WHERE identifier = ?", (LAST_MIGRATION,)).rowcount
        if gone != 1:
            raise Failed("the last migration has another name now")
    finally:
        database.close()
