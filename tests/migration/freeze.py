"""Writes a store as SQL that can be kept for ever: what a release leaves behind.

Run it with the code of the release that is to be remembered:

    python -m tests.migration.freeze

It writes `tests/migration/step<N>.sql`, where N is that release's schema step. Such a file is never
written again: it is what the files of that release's users look like.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path

import apsw

from ensue.engine import work
from ensue.engine.database import StoreUrl
from ensue.engine.schema import STEPS
from tests.conftest import Stage
from tests.migration import mill
from tests.migration.shop import make_app

HERE = Path(__file__).parent


def main() -> None:
    """Use a store, let its process die, and write down what is left."""
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/ensue.db"
        _use(path)
        (HERE / f"step{len(STEPS)}.sql").write_text(dump(path), encoding="utf-8")


def _use(path: str) -> None:
    """Leave work in every state, and do not stop."""
    shop, workflows = make_app(), mill.make_mill()
    stage = Stage(StoreUrl(path, "NORMAL"), shop.app, workflows.app)
    for number in range(1, 6):
        stage.wait(shop.orders.put({"customer": "c1", "id": f"o{number}", "quantity": number}))
    stage.wait(shop.orders.put({"customer": "c2", "id": "fails", "quantity": 0}))
    stage.settle()
    stage.wait(shop.orders.put({"customer": "c2", "id": "fails", "quantity": 1}))
    stage.wait(shop.orders.delete(("c1", "o5")))
    stage.settle()
    stage.wait(shop.events.publish("Opened", {"by": "a\u00e9\U0001f600"}))
    stage.wait(shop.jobs.send({"number": "later"}, delay=3_600))
    stage.wait(shop.jobs.send({"number": "poison"}))
    stage.settle()
    mill.use(stage, workflows)
    stage.wait(shop.jobs.send({"number": "waiting"}))
    stage.wait(shop.mail.send(subject="hello", text="a letter", to="a@example.org"))
    actions = stage.engine.number(shop.actions.ref)
    for number in range(3):
        stage.wait(shop.actions.send({"number": number}))
    stage.do(lambda tx: work.lease(tx, work.due(tx, actions, 1), 35_000))
    outside = """INSERT INTO shop_stock (pk, item) VALUES ('x', '{"model":"x","quantity":7}')"""
    stage.do(lambda tx: tx.execute(outside))
    stage.wait(shop.orders.put({"customer": "c3", "id": "unread", "quantity": 9}))
    # Not closed: the process dies here, so the store says that it is in use.
    stage.wait(stage.engine._stop())


def dump(path: str) -> str:
    """A store as SQL statements, in an order that is always the same."""
    with closing(apsw.Connection(path)) as connection:
        [(application,)] = connection.execute("PRAGMA application_id")
        [(version,)] = connection.execute("PRAGMA user_version")
        lines = [f"PRAGMA application_id={application};", f"PRAGMA user_version={version};"]
        made = connection.execute(
            "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid"
        ).fetchall()
        tables = [name for kind, name, _ in made if kind == "table"]
        lines += [
            f"{sql};" for kind, name, sql in made if kind == "table" and name[:7] != "sqlite_"
        ]
        tables.sort(key=lambda name: name == "sqlite_sequence")
        for table in tables:
            if table == "sqlite_sequence":  # what the rows before have made of it
                lines.append("DELETE FROM sqlite_sequence;")
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                said = ", ".join(apsw.format_sql_value(value) for value in row)
                lines.append(f'INSERT INTO "{table}" VALUES ({said});')
        lines += [f"{sql};" for kind, _, sql in made if kind != "table"]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
