"""The papers: what each says, its number and seal, and how it looks on a page and in a PDF."""
