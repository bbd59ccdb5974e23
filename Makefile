# `make run` shows the demonstration mission; `make test` runs every check and test. Both install what is missing on Debian.

DATA ?= ./data/demo
LISTEN ?= 127.0.0.1:8080

.PHONY: run test

run:
	@scripts/run demo --data "$(DATA)" --listen "$(LISTEN)"

test:
	@scripts/test
