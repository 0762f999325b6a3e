"""The store while its process is killed, its disk fails, is full, or loses its power."""
