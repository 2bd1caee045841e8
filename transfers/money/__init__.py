"""Every fen accounted for: the ledger, the bank's statements, and the proof that the books agree."""
