"""The database: connections, transactions, columns, scope."""
