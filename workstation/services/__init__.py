"""What the business does, as plain functions: one module for each thing it talks about."""
