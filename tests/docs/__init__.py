"""The documentation runs: every block, every link, every generated page."""
