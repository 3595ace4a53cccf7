"""What a meter decides without looking into its store."""
