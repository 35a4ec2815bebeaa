"""The PostgreSQL everyone shares: how it is reached, made, looked after and, for one PC alone, run."""
