# unit tests of daemon/plugin/
