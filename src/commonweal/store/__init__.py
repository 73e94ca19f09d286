"""Two stores, one owner for each fact: the ledger (PostgreSQL), the lake (Parquet), and the bridge between."""
