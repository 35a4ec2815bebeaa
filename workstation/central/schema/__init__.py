"""Central's tables (numbered migrations) and its functions (SQL, laid anew by every `admin init`)."""
