"""The whole platform under a seed: one number decides what is declared, done and broken."""
