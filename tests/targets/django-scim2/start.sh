#!/usr/bin/env bash
# start.sh [PORT]: runs in the foreground on 127.0.0.1:PORT (0, the default: any free port) and prints one line
# `BASE=<url> TOKEN=<token>` when it accepts connections. A fresh database every time, removed at the end.
#
# SCIM_REVOKE=1 adds the application's own signal that revokes a user's tokens when the user is deactivated; without
# it the libraries run as shipped, and a deactivation leaves the tokens alive.
#
# OAuth: /o/token/ (password, refresh_token, client_credentials), /o/introspect/, /o/revoke_token/, /o/userinfo/,
#        /o/.well-known/openid-configuration
# Clients: scim-client:scim-secret (client_credentials), app-client:app-secret (password), rs-client:rs-secret
#        (introspection), web-client:web-secret (authorization code; called back at http://127.0.0.1/callback, where nobody
#        listens; the login form is /accounts/login/, and /account/ is a page behind it)
source "$(dirname "$0")/../common.sh"
enter "$(python_runtime)"
cd proj
exec ../venv/bin/python serve.py "${1:-0}"
