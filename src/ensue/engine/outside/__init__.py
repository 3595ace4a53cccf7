"""Tables in databases of the user's own, outside the store: what adopts them and follows them.

The database itself captures the changes, by triggers that write to its table ``ensue_changes``.
Each driver keeps the contract of `ensue.engine.outside.contract`.
"""
