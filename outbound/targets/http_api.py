"""An external API over HTTP: each unit is one request, and what its answer says is read by `answers`."""

from __future__ import annotations

from typing import Final

from auditlog.redaction import redactor
from clients.errors import RemoteError
from outbound.claims import Unit
from outbound.models import policy_of
from outbound.out_http import Caller
from outbound.requests import OutRequest, RequestTemplate
from outbound.targets.answers import AnswerReader
from outbound.targets.base import Answer, Target
from syncconfig.models import SyncConfig

TOO_LARGE: Final = "response_too_large"


class HttpApiTarget(Target):
    """Any 2xx is success, unless the config's policy says otherwise, or the answer."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__(config)
        self._template = RequestTemplate(config)
        self._caller = Caller(config, self._template.credentials)
        redact = redactor(frozenset(self.secrets()), frozenset(self.secret_keys())).text
        self._answers = AnswerReader(config, policy_of(config), redact=redact)

    def secrets(self) -> tuple[str, ...]:
        return self._template.secrets

    def secret_keys(self) -> tuple[str, ...]:
        return self._template.secret_keys

    def prepare(self, unit: Unit) -> OutRequest:
        return self._template.build(unit)

    def send(self, prepared: OutRequest) -> Answer:
        try:
            response = self._caller.call(prepared)
        except RemoteError as error:
            if error.code != TOO_LARGE:
                raise
            return self._answers.unread(error)
        return self._answers.read(response, prepared)
