# Installs one layer from its pinned, hashed requirements into $(ARTIFACTS_DIR).
#
# Lambda's platform is the default, whatever this machine is: pip picks wheels by tag, nothing is compiled and nothing is
# run. POOLSAFE_BUILD_FOR=host installs for the Python at hand instead, because the embedded cloud runs functions with it.

POOLSAFE_PYTHON ?= python3
LAMBDA_PYTHON := 3.13
# A wheel carries the oldest tag it runs on, and pip compares tags literally: so every glibc up to Amazon Linux 2023's.
LAMBDA_PLATFORMS := $(foreach glibc,34 31 28 27 26 24 17,manylinux_2_$(glibc)_aarch64) manylinux2014_aarch64

ifneq ($(POOLSAFE_BUILD_FOR),host)
FOR_LAMBDA := --implementation cp --python-version $(LAMBDA_PYTHON) $(addprefix --platform=,$(LAMBDA_PLATFORMS))
endif

PACKAGES = $(ARTIFACTS_DIR)/python

# RECORD and its like describe an installation that the layer is not; METADATA stays, versions are read from it.
.PHONY: install
install:
	"$(POOLSAFE_PYTHON)" -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes \
		--only-binary=:all: $(FOR_LAMBDA) --target "$(PACKAGES)" --requirement requirements.txt
	rm -rf "$(PACKAGES)/bin"
	rm -f "$(PACKAGES)"/*.dist-info/RECORD "$(PACKAGES)"/*.dist-info/INSTALLER "$(PACKAGES)"/*.dist-info/REQUESTED
