"""Staff's hand on runs: cancelling one, and letting a failed one go on."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone

from outbound.cancelling import given_up_again, waiting_give_up
from outbound.enqueue import SYNC, enqueue_again_at, enqueue_on_commit
from outbound.models import RunState, SyncRun
from outbound.runs import RunAlreadyActive, active_run_id, check_can_run
from outbound.states import ACTIVE_RUNS, runs_move


def run_cancel(*, run_id: int) -> bool:
    """End a run that is waiting or running, and discard what of it has not been sent. False: it was over already.

    An executor notices at its next write; what it is sending at this moment may still arrive, and what of that does not
    is discarded then.
    """
    runs = SyncRun.objects.filter(pk=run_id)
    values = {"claimed_until": None, "next_attempt_at": None, "finished_at": timezone.now()}
    with transaction.atomic():
        if not any(runs_move(runs, old=old, new=RunState.CANCELLED, **values) for old in ACTIVE_RUNS):
            return False
        waiting_give_up(run_id=run_id)
    return True


def run_resume(*, run_id: int) -> bool:
    """Let a failed or cancelled run go on from its cursor, and with it what its cancelling discarded. False: it is
    neither.

    Raises RunAlreadyActive while another run of the config is not over, and RunRefused where the config cannot run.
    """
    run = SyncRun.objects.select_related("config").get(pk=run_id)
    check_can_run(run.config)
    runs = SyncRun.objects.filter(pk=run_id)
    values = {"error": "", "failures": 0, "finished_at": None, "next_attempt_at": enqueue_again_at()}
    try:
        with transaction.atomic():
            resumed = any(
                runs_move(runs, old=old, new=RunState.PENDING, **values)
                for old in (RunState.FAILED, RunState.CANCELLED)
            )
            if resumed:
                given_up_again(run_id=run_id)
    except IntegrityError:
        raise RunAlreadyActive(run.config, active_run_id(run.config)) from None
    if resumed:
        enqueue_on_commit(SYNC, run_id)
    return resumed
