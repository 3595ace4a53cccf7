"""The test kit: an app in memory, under a clock that the test holds.

```python
def test_an_order_is_paid(run_app):
    t = run_app(app)
    t.post("/orders", {"customerId": "349", "quantity": 7})
    t.settle()
    assert ...
```
"""

from ensue.testing.crash import crash_points
from ensue.testing.kit import Running, running
from ensue.testing.outside import Call
from ensue.testing.replay import Replayed
from ensue.testing.replies import Begun, Reply

__all__ = ["Begun", "Call", "Replayed", "Reply", "Running", "crash_points", "running"]
