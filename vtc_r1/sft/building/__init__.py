"""Building: rows → segments → pages → examples in Parquet shards."""
