"""Bank statements: which column is which, reading them in, and what each receipt belongs to."""
