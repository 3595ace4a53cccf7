"""The outbox pattern: a car workshop that never loses an event, nor tells it twice."""
