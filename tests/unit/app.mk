# unit tests of daemon/app/
