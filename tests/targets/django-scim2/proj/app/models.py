"""The models that django-scim2 asks an application to have, and the opt-in end of logins."""
import os

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django_scim.models import AbstractSCIMGroupMixin, AbstractSCIMUserMixin


class Group(AbstractSCIMGroupMixin):
    name = models.CharField(max_length=150, unique=True)


class User(AbstractSCIMUserMixin, AbstractUser):
    scim_groups = models.ManyToManyField(Group, related_name="user_set", blank=True)


def is_scim_client(user):
    return user.is_authenticated and user.is_active and user.is_staff


# SCIM_REVOKE=1: deactivating an account ends its OAuth tokens and its sessions. Without it the two libraries run as shipped.
if os.environ.get("SCIM_REVOKE") == "1":

    @receiver(post_save, sender=User)
    def end_tokens(sender, instance, **kwargs):
        if instance.is_active:
            return
        from oauth2_provider.models import AccessToken, Grant, RefreshToken

        for model in (RefreshToken, AccessToken, Grant):
            model.objects.filter(user=instance).delete()
        # Django passes over the session of an inactive account, and would take it up again with the account.
        from django.contrib.sessions.models import Session

        for session in Session.objects.all():
            if session.get_decoded().get("_auth_user_id") == str(instance.pk):
                session.delete()
