"""Creates what every start begins with: a service user, four OAuth clients, and the token of the SCIM client."""
import datetime
import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
django.setup()

from django.utils import timezone  # noqa: E402
from app.models import User  # noqa: E402
from oauth2_provider.models import AccessToken, Application  # noqa: E402

service = User.objects.create(username="scim-service", is_staff=True)
service.set_unusable_password()
service.save()


def client(name, grant, **more):
    return Application.objects.create(
        name=name,
        client_id=f"{name}-client",
        client_secret=f"{name}-secret",
        client_type="confidential",
        authorization_grant_type=grant,
        # Every request of a client would cost the time of a password hash.
        hash_client_secret=False,
        **more,
    )


scim = client("scim", "client-credentials", user=service)
client("app", "password", algorithm="RS256")
client("web", "authorization-code", algorithm="RS256", redirect_uris="http://127.0.0.1/callback")
client("rs", "client-credentials")
AccessToken.objects.create(
    user=service,
    application=scim,
    token="devtoken",
    scope="profile",
    expires=timezone.now() + datetime.timedelta(days=3650),
)
