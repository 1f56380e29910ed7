"""A page for whoever is logged in with a browser."""
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse


@login_required
def account(request):
    return HttpResponse("Logged in.", content_type="text/plain")
