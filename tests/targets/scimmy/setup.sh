#!/usr/bin/env bash
# scimmy and scimmy-routers behind Express: a server in memory; app.mjs is only the glue.
source "$(dirname "$0")/../common.sh"

install() {
  npm ci --silent --no-audit --no-fund --ignore-scripts
}

install_once "$(node_runtime)"
