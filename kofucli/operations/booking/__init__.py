"""Booking: requests are judged, decided and placed; changes and cancellations."""
