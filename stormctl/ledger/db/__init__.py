"""The two databases: transactions, named queries, migrations; the rooms above know no dialect."""
