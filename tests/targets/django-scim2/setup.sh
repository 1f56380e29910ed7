#!/usr/bin/env bash
# django-scim2 (SCIM) and django-oauth-toolkit (OAuth 2, OpenID Connect) in one small Django project on SQLite: a real
# authorization server whose tokens can be introspected and revoked.
source "$(dirname "$0")/../common.sh"

install() {
  python3 -m venv venv
  venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements.txt
  cp loopback.py proj
  cd proj
  ../venv/bin/python oidc_key.py >oidc.pem
  ../venv/bin/python manage.py makemigrations app -v 0
  ../venv/bin/python manage.py migrate -v 0
  ../venv/bin/python seed.py
  cd ..
}

install_once "$(python_runtime)"
