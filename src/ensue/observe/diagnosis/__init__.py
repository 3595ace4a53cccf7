"""Diagnosis: the likely faults of what runs, and what mends them."""

from ensue.observe.diagnosis.diagnosis import diagnose
from ensue.observe.diagnosis.fault import Fault

__all__ = ["Fault", "diagnose"]
