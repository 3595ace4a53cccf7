"""The meter, tested part by part."""
