"""Text messages: what a gateway is, and the three there are."""
