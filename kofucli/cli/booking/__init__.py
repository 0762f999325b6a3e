"""The commands of those who book."""
