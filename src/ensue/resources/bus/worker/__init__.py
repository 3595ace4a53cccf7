"""What a bus does with nobody asking."""
