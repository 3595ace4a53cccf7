"""The webhook broker with replay."""
