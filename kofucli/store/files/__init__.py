"""The store as files on a disk."""
