"""Who got what was said, and who did not, with the field that failed."""

from ensue.observe.deliveries.finding import deliveries
from ensue.observe.deliveries.model import Deliveries, Got, Receiver

__all__ = ["Deliveries", "Got", "Receiver", "deliveries"]
