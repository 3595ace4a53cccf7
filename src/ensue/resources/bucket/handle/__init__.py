"""What an application holds of a bucket."""

from ensue.resources.bucket.handle.bucket import Bucket, delete_in
from ensue.resources.bucket.handle.reads import list_in

__all__ = ["Bucket", "delete_in", "list_in"]
