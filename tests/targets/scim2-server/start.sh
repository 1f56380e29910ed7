#!/usr/bin/env bash
# start.sh [PORT]: runs in the foreground on 127.0.0.1:PORT (0, the default: any free port) and prints one line
# `BASE=<url> TOKEN=<token>` when it accepts connections.
source "$(dirname "$0")/../common.sh"
enter "$(python_runtime)"
exec venv/bin/python serve.py "${1:-0}"
