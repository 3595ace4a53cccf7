"""The Amazon States Language: what a workflow does, in both query languages.

README.md of this folder is the specification. Pure: time, chance and results are parameters.
"""
