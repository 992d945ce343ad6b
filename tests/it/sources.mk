# tests/it/
