"""Random state machines, run durably by a process that is killed at random steps of its disk."""
