"""Arrears by the book: plain values and a resolved policy in, an `Assessment` out. No database, no clock."""
