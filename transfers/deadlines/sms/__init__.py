"""Text messages: what a gateway is, the three there are, and which of them is configured."""
