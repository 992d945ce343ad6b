# unit tests of daemon/store/
