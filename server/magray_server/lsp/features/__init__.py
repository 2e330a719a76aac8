"""One file per topic; `server.py` is the only place that knows which method belongs to which."""
