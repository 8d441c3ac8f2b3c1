"""The one view of the bare site."""

from __future__ import annotations

from django.urls import path
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from auditlog.models import ApiLog


class Insert(APIView):
    def post(self, request: Request) -> Response:
        row = ApiLog.objects.create(
            created_at=timezone.now(),
            direction="in",
            party="api",
            method="POST",
            url=request.path,
            status=202,
            duration_ms=0,
            request_body=str(request.data),
        )
        return Response({"id": row.pk}, status=202)


urlpatterns = [path("insert", Insert.as_view())]
