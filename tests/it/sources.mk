# tests/it/: pytest against the installed programs ("./run test" runs them; python3-pytest, python3-pymodbus, mosquitto)
EXTRA_DIST += tests/it tests/web tests/summary.py tests/reproduce tests/sanitized tests/tsan.supp tests/coverage.py
