"""Languages: text to program, program and value to answer. Pure; independent of the engine."""
