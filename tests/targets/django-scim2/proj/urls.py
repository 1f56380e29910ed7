"""SCIM below /scim/v2/, OAuth below /o/, a login page and a page behind it."""
from django.contrib.auth.views import LoginView
from django.urls import include, path

from app.views import account

urlpatterns = [
    path("scim/v2/", include("django_scim.urls")),
    path("accounts/login/", LoginView.as_view()),
    path("account/", account),
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]
