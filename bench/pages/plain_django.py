"""The list of pods as Django makes it with what it brings: a session, the object mapper, a template. Served by gunicorn.

python plain_django.py makes its tables, a user and a session in the database of BENCH_SOCKET, and prints the session's cookie.
"""

import os

import django
from django.conf import settings

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>CloudPods</title></head><body>
<header>{{ user.username }}</header><main><h1>CloudPods</h1>
<table><thead><tr><th>Name<th>Customer<th>Status<th>Plan<th>Server<th>Made</tr></thead><tbody>
{% for pod in pods %}<tr><td><a href="/pods/{{ pod.id }}">{{ pod.primary_domain }}</a><td>{{ pod.tenant.name }}<td>{{ pod.status }}
<td>{{ pod.plan_code }}<td>{{ pod.server.name }}<td>{{ pod.created_at }}</tr>{% endfor %}
</tbody></table>{% if more %}<a href="?before={{ last }}">Older</a>{% endif %}</main></body></html>"""

settings.configure(
    SECRET_KEY="of a benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {
                "loaders": [("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"pods.html": PAGE})])],
                "context_processors": ["django.contrib.auth.context_processors.auth"],
            },
        }
    ],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": os.environ["BENCH_SOCKET"],
            "USER": "mpanel",
            "NAME": "mpanel",
            "CONN_MAX_AGE": None,
            # Its own tables beside the panel's, whose names they must not meet.
            "OPTIONS": {"options": "-c search_path=django,public"},
        }
    },
)
django.setup()

from django.contrib.auth.decorators import login_required
from django.core.wsgi import get_wsgi_application
from django.db import connection, models
from django.shortcuts import render
from django.urls import path


class Tenant(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.TextField()

    class Meta:
        app_label, db_table, managed = "pods", "tenants", False


class Server(models.Model):
    id = models.UUIDField(primary_key=True)
    name = models.TextField()

    class Meta:
        app_label, db_table, managed = "pods", "servers", False


class CloudPod(models.Model):
    id = models.UUIDField(primary_key=True)
    tenant = models.ForeignKey(Tenant, models.PROTECT)
    server = models.ForeignKey(Server, models.PROTECT, null=True)
    primary_domain = models.TextField()
    status = models.TextField()
    plan_code = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        app_label, db_table, managed = "pods", "cloud_pods", False


@login_required
def pods(request):
    found = CloudPod.objects.select_related("tenant", "server").order_by("-id")
    if before := request.GET.get("before"):
        found = found.filter(id__lt=before)
    found = list(found[:51])
    return render(request, "pods.html", {"pods": found[:50], "more": len(found) > 50, "last": found[:50][-1].id if found else None})


urlpatterns = [path("", pods)]
application = get_wsgi_application()


def prepare():
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore
    from django.core.management import call_command

    with connection.cursor() as cursor:
        cursor.execute("create schema if not exists django")
    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ada", password="a long enough password")
    session = SessionStore()
    session["_auth_user_id"] = str(user.pk)
    session["_auth_user_backend"] = "django.contrib.auth.backends.ModelBackend"
    session["_auth_user_hash"] = user.get_session_auth_hash()
    session.create()
    print(f"sessionid={session.session_key}")


if __name__ == "__main__":
    prepare()
