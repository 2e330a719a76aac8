"""Row kind: that of the passages of a file of data, as chunkers give it and ranking reads it."""

ROWS_KIND = "rows"
