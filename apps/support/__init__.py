"""Support tickets, answered by a fixed workflow or by an agent."""
