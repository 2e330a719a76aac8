"""Records: what a person or a program asked to be kept, found again, and trusted."""
