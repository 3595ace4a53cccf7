"""A meter's SQL: its log, the subjects in it, the metrics that are summed, and the sums.

The log has the columns of every log of the engine; those that follow from others are virtual, and
take no room. In the log a correction has the time, type and subject of the event that it corrects.
"""

from __future__ import annotations

from ensue.engine.transaction import Transaction
from ensue.resources.meter.model import MeterModel


def create(tx: Transaction, meter: MeterModel) -> None:
    """Make the tables and their indexes, as far as they are not there."""
    sql = meter.sql
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql} (sequence INTEGER PRIMARY KEY AUTOINCREMENT,"
        " subject INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL,"
        " time_ms INTEGER NOT NULL, properties TEXT, corrects INTEGER, reason TEXT,"
        " key TEXT NOT NULL, hop INTEGER, at_ms INTEGER NOT NULL, version INTEGER,"
        " expired INTEGER,"
        " kind TEXT GENERATED ALWAYS AS (CASE WHEN corrects IS NULL THEN 'usage'"
        " WHEN properties IS NULL THEN 'retraction' ELSE 'replacement' END) VIRTUAL,"
        " old TEXT GENERATED ALWAYS AS (NULL) VIRTUAL,"
        " new TEXT GENERATED ALWAYS AS (json_object('kind', kind, 'id', id, 'subject', key,"
        " 'type', type, 'time_ms', time_ms, 'properties', json(properties),"
        " 'recorded_ms', at_ms, 'corrects', corrects, 'reason', reason)) VIRTUAL)"
    )
    # What tells a duplicate: an id is of its subject, and corrections have that of their event.
    tx.execute(
        f"CREATE UNIQUE INDEX IF NOT EXISTS {sql}__ids ON {sql} (subject, id)"
        " WHERE corrects IS NULL"
    )
    tx.execute(
        f"CREATE INDEX IF NOT EXISTS {sql}__corrections ON {sql} (corrects)"
        " WHERE corrects IS NOT NULL"
    )
    tx.execute(f"CREATE INDEX IF NOT EXISTS {sql}__times ON {sql} (subject, type, time_ms)")
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql}__subjects"
        " (number INTEGER PRIMARY KEY, subject TEXT NOT NULL UNIQUE)"
    )
    # state: 0 building, 1 current, 2 leaving. position: of one that is building, how far in the
    # log it has come. from_ms: before that its sums are not known.
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql}__metrics (number INTEGER PRIMARY KEY AUTOINCREMENT,"
        " name TEXT NOT NULL, summed TEXT NOT NULL, state INTEGER NOT NULL,"
        " position INTEGER NOT NULL DEFAULT 0, copied INTEGER, from_ms INTEGER NOT NULL DEFAULT 0)"
    )
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql}__sums (metric INTEGER NOT NULL,"
        " subject INTEGER NOT NULL, grouping INTEGER NOT NULL, hour INTEGER NOT NULL,"
        " grp TEXT NOT NULL, events INTEGER NOT NULL, sequence INTEGER NOT NULL,"
        # A quantity: whole ones, rounded down, and the fraction in units of 10^-18.
        " whole INTEGER NOT NULL CHECK (typeof(whole) = 'integer'), fraction INTEGER NOT NULL,"
        " last_ms INTEGER NOT NULL, place INTEGER NOT NULL,"
        " PRIMARY KEY (metric, subject, grouping, hour, grp)) WITHOUT ROWID"
    )
    tx.execute(
        f"CREATE TABLE IF NOT EXISTS {sql}__values (metric INTEGER NOT NULL,"
        " subject INTEGER NOT NULL, grouping INTEGER NOT NULL, hour INTEGER NOT NULL,"
        " grp TEXT NOT NULL, value TEXT NOT NULL, events INTEGER NOT NULL,"
        " PRIMARY KEY (metric, subject, grouping, hour, grp, value)) WITHOUT ROWID"
    )
