"""Kinds of resource, each a folder with the same rooms. They meet through sockets only."""
