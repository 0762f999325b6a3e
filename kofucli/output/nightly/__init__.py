"""The nightly page: what needs somebody, and how full the days are."""
