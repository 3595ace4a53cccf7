"""Telemetry: taken without code, processed in batches, and what that costs."""
