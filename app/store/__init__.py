"""It keeps it all: encrypted, sealed, durable. Composed by ``app.store.store``."""
