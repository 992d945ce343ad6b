# unit tests of daemon/upstream/
