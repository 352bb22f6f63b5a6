# The commands for people; the work is in tests/harness (see its __main__.py).
# Needs git, make and python3; everything else is set up on first use.
.DEFAULT_GOAL := help
.PHONY: help demo test test-all test-contract test-truth story stories bench docs docs-site test-docs-site pictures package lint units sanity clean
HARNESS := PYTHONPATH=tests PYTHONDONTWRITEBYTECODE=1 $(or $(PYTHON),python3) -m harness

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 16
demo: ## a list server in a throw-away host, proved, and left running
	@$(HARNESS) demo
test: ## lint, sanity, units, contract, and the stories (but the rare ones)
	@$(HARNESS) test
test-all: ## the same with the rare stories, the contract on other Pythons, every ansible-core that upstream supports, and the documentation site
	@$(HARNESS) test-all
test-contract: ## the modules on Mailman 2.1: its stand-in (SUITE=trixie: in Debian 13's Python), or that in a container, MAILMAN2_HOST=name
	@MAILMAN2_HOST='$(MAILMAN2_HOST)' SUITE='$(SUITE)' $(HARNESS) test-contract
test-truth: ## the reading of a Mailman 2.1's files against what it says: FIXTURE=lists.tar.gz TRUTH=lists.json
	@FIXTURE='$(FIXTURE)' TRUTH='$(TRUTH)' $(HARNESS) test-truth
stories: ## the end-to-end stories, one line each
	@$(HARNESS) stories
story: ## one of them: make story STORY=default (CORE=2.21: on that ansible-core)
	@CORE='$(CORE)' $(HARNESS) story '$(STORY)'
bench: ## how fast 1,000 lists are, against the floor and today's ways (25 minutes); of a Mailman 2.1: MAILMAN2_HOST=name; a site's run beside a commit's: BEFORE=commit; a bigger mailbox: MAILS=200000
	@MAILMAN2_HOST='$(MAILMAN2_HOST)' BEFORE='$(BEFORE)' MAILS='$(MAILS)' $(HARNESS) bench
docs: ## write the reference pages again from the specs
	@$(HARNESS) docs
docs-site: ## the documentation as a site, in .cache/docs-site/html
	@$(HARNESS) docs-site
test-docs-site: ## the same, and each page of it opened in a browser
	@$(HARNESS) test-docs-site
pictures: ## take the pictures of pages in docs/images again, by the stories that open them
	@LISTOPS_PICTURES=1 $(HARNESS) story default && LISTOPS_PICTURES=1 $(HARNESS) story migrate-21-to-3
package: ## the collection as an archive in .cache/package; signed: KEY=fingerprint, of a key in your GnuPG
	@KEY='$(KEY)' $(HARNESS) package
lint: ## yamllint, ansible-lint, ruff, mypy, changelog, docs, antsibull-docs, hosting files, galaxy-importer
	@$(HARNESS) lint
units: ## unit tests (CORE=2.21: on that ansible-core)
	@CORE='$(CORE)' $(HARNESS) units
sanity: ## ansible-test sanity (CORE=2.21: on that ansible-core)
	@CORE='$(CORE)' $(HARNESS) sanity
clean: ## remove all that was made here: hosts, images, environments
	@$(HARNESS) clean
