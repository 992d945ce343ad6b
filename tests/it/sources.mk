# tests/it/: pytest against the installed programs ("./run test" runs them; python3-pytest, python3-pymodbus, mosquitto)
EXTRA_DIST += $(wildcard $(srcdir)/tests/it/*.py)
EXTRA_DIST += tests/summary.py
