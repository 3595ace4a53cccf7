"""The event pattern language of EventBridge: compile, match, explain, and match many at once."""

from ensue.languages.patterns.explain import Mismatch
from ensue.languages.patterns.matcher import Matcher
from ensue.languages.patterns.once import check_pattern, explain_pattern, match_pattern
from ensue.languages.patterns.pattern import Pattern, compile_pattern
from ensue.languages.patterns.text import parse_event

__all__ = [
    "Matcher",
    "Mismatch",
    "Pattern",
    "check_pattern",
    "compile_pattern",
    "explain_pattern",
    "match_pattern",
    "parse_event",
]
