"""The app: declares resources and handlers, and runs them on a store."""
