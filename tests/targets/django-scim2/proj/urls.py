"""SCIM below /scim/v2/, OAuth below /o/."""
from django.urls import include, path

urlpatterns = [
    path("scim/v2/", include("django_scim.urls")),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
