"""Settings of a server for tests on loopback."""
import os
from pathlib import Path

BASE = Path(__file__).resolve().parent
NETLOC = "127.0.0.1:" + os.environ.get("SCIM_PORT", "8000")
OIDC_KEY = BASE / "oidc.pem"

SECRET_KEY = "loopback-test-only"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
USE_TZ = True
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "app",
    "django_scim",
    "oauth2_provider",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oauth2_provider.middleware.OAuth2TokenMiddleware",
    "django_scim.middleware.SCIMAuthCheckMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "oauth2_provider.backends.OAuth2Backend",
    "django.contrib.auth.backends.ModelBackend",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SCIM_DB", str(BASE / "seed.sqlite3")),
        # Two transactions that read before they write would lock each other out, so each asks for the lock at its
        # beginning. The database ends with the process, so that no write need wait for the disk.
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY",
        },
    }
}
LOGIN_URL = "/accounts/login/"
AUTH_USER_MODEL = "app.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The passwords are made up and live as long as this process; a slow hash would only cost the tests their time.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SCIM_SERVICE_PROVIDER = {
    "NETLOC": NETLOC,
    "SCHEME": "http",
    "GROUP_MODEL": "app.models.Group",
    "GET_IS_AUTHENTICATED_PREDICATE": "app.models.is_scim_client",
    "AUTHENTICATION_SCHEMES": [
        {
            "type": "oauth2",
            "name": "OAuth 2",
            "description": "Bearer token from django-oauth-toolkit",
            "specUri": "https://www.rfc-editor.org/rfc/rfc6750",
        }
    ],
    "WWW_AUTHENTICATE_HEADER": 'Bearer realm="django-scim2"',
}
OAUTH2_PROVIDER = {
    "SCOPES": {"openid": "openid", "profile": "profile", "introspection": "introspect"},
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "PKCE_REQUIRED": False,
    "OIDC_ENABLED": True,
    "OIDC_RSA_PRIVATE_KEY": OIDC_KEY.read_text() if OIDC_KEY.exists() else "",
    "OIDC_ISS_ENDPOINT": f"http://{NETLOC}/o",
}
