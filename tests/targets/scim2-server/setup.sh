#!/usr/bin/env bash
# scim2-server (by python-scim): a near-conformant server in memory.
source "$(dirname "$0")/../common.sh"

install() {
  python3 -m venv venv
  venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
  venv/bin/python -m compileall -q serve.py loopback.py
}

install_once "$(python_runtime)"
