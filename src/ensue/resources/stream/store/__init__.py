"""What a stream does within a transaction: `records` and their shards, consumer `groups`."""
