"""The mark of a method that works on the model and takes no ids."""

from collections.abc import Callable
from typing import Any


def model_method(function: Callable[..., Any]) -> Callable[..., Any]:
    function.takes_no_ids = True  # type: ignore[attr-defined]
    return function
