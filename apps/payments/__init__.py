"""The payments service that the order system calls: slow, throttled, and not ours to change."""
