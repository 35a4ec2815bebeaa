"""The desk: one customer as a whole, and what is being written about them."""
