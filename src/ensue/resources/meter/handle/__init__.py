"""What an application holds of a meter."""

from ensue.resources.meter.handle.meter import Meter
from ensue.resources.meter.handle.reads import Step

__all__ = ["Meter", "Step"]
