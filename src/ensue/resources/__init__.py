"""Kinds of resource, each a folder with the same rooms. They meet through the engine's sockets only."""
