"""Features: one file per request or topic. Only `server.py` knows which method belongs to which."""
