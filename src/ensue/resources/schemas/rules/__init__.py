"""What a registry decides, without I/O."""
