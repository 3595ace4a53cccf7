"""Every app, found by its folder: it runs, alone and beside all others, and is as it says."""
