"""Tables in databases outside the store, in SQLite and in PostgreSQL."""
