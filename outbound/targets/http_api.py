"""An external API over HTTP: each unit is one request, and what its answer says is read by `answers`."""

from __future__ import annotations

from outbound.claims import Unit
from outbound.models import policy_of
from outbound.out_http import Caller
from outbound.requests import OutRequest, RequestTemplate
from outbound.targets.answers import AnswerReader
from outbound.targets.base import Answer, Target
from syncconfig.models import SyncConfig


class HttpApiTarget(Target):
    """Any 2xx is success, unless the config's policy says otherwise, or the answer."""

    def __init__(self, config: SyncConfig) -> None:
        super().__init__(config)
        self._template = RequestTemplate(config)
        self._caller = Caller(config, self._template.credentials)
        self._answers = AnswerReader(config, policy_of(config))

    def secrets(self) -> tuple[str, ...]:
        return self._template.secrets

    def secret_keys(self) -> tuple[str, ...]:
        return self._template.secret_keys

    def prepare(self, unit: Unit) -> OutRequest:
        return self._template.build(unit)

    def send(self, prepared: OutRequest) -> Answer:
        return self._answers.read(self._caller.call(prepared), prepared)
