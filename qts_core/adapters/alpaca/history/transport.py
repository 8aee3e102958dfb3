"""A transport under alpaca-py that has time-outs, keeps to the rate limit and asks again (protocol, 1.4 and 18).

alpaca-py has no time-out, asks again without looking at the headers, and trips over an error body that is no JSON.
All of it is put right below the library, so its clients are used as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from qts_core.adapters.alpaca.history.pace import WINDOW_SECONDS, RequestBudget
from qts_core.market.errors import DataConnectionError, DataValidationError, InvalidConfigError

__all__ = ["PatientTransport", "seconds_until_reset"]

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 20.0
TOTAL_SECONDS: Final = 60.0
ATTEMPTS: Final = 6
LIMITED_ATTEMPTS: Final = 12
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
LARGEST_ANSWER_BYTES: Final = 64 * 1024 * 1024
PIECE_BYTES: Final = 256 * 1024


class PatientTransport(HTTPAdapter):
    """Send each request until it is answered with JSON, at most `ATTEMPTS` times.

    Parameters
    ----------
    budget : RequestBudget
        Asked before every request, repetitions included.
    monotonic, wait : callable
        Seconds that never step back; wait some seconds.
    secrets : tuple of str
        Never shown in a message, even if a server repeats them.
    on_answer : callable, optional
        Told of every answered request.
    """

    def __init__(
        self,
        budget: RequestBudget,
        *,
        monotonic: Callable[[], float],
        wait: Callable[[float], None],
        secrets: tuple[str, ...] = (),
        on_answer: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(max_retries=0)
        self.sent = 0
        self._budget = budget
        self._monotonic = monotonic
        self._wait = wait
        self._secrets = secrets
        self._on_answer = on_answer

    def send(self, request: Any, *arguments: Any, **options: Any) -> requests.Response:  # as requests passes them on
        """Return an answer of 200 whose body is JSON.

        Raises
        ------
        InvalidConfigError
            If the server does not accept the keys, or the plan does not include what was asked for.
        DataValidationError
            If the server refuses the question itself.
        DataConnectionError
            If there is no good answer after all attempts.
        """
        failures = limited = 0
        while True:
            problem, pause = self._attempt(request, options)
            if isinstance(problem, requests.Response):
                self._on_answer()
                return problem
            if pause is None:
                failures += 1
                pause = min(FIRST_PAUSE_SECONDS * 2.0 ** (failures - 1), LONGEST_PAUSE_SECONDS)
            else:
                limited += 1
            if failures >= ATTEMPTS or limited >= LIMITED_ATTEMPTS:
                raise DataConnectionError(
                    "QTS-DATA-045", f"the server gave no usable answer in {failures + limited} attempts",
                    where=_place(request), found=problem, expected="200 with JSON",
                    fix="run the same command again later; what is finished is not downloaded again",
                )  # fmt: skip
            self._wait(pause)

    def _attempt(self, request: Any, options: dict[str, Any]) -> tuple[requests.Response | str, float | None]:
        """Return the answer, or what was wrong and how long the server wants us to wait (None: it did not say)."""
        self._budget.take()
        self.sent += 1
        try:
            answer = self._answer(request, options)
        except (requests.RequestException, HTTPError, OSError) as error:
            return f"{type(error).__name__}", None
        status, text = answer.status_code, self._shown(answer)
        rest = seconds_until_reset(answer.headers)
        if status == 429:
            self._budget.close_for(rest or FIRST_PAUSE_SECONDS)
            return f"http 429 {text}", rest or FIRST_PAUSE_SECONDS
        if answer.headers.get("X-RateLimit-Remaining") == "0":
            self._budget.close_for(rest)
        if status >= 500 or status == 408:
            return f"http {status} {text}", None
        if status != 200:
            raise _refusal(status, text, _place(request))
        try:
            json.loads(answer.content)
        except ValueError:
            return f"http 200 without JSON: {text}", None
        return answer, None

    def _answer(self, request: Any, options: dict[str, Any]) -> requests.Response:
        """Return an answer read to its end, within `TOTAL_SECONDS` however slowly it drips."""
        options = {**options, "timeout": (CONNECT_SECONDS, READ_SECONDS), "stream": True}
        started = self._monotonic()
        answer = super().send(request, **options)
        pieces: list[bytes] = []
        size = 0
        try:
            while piece := answer.raw.read1(PIECE_BYTES, decode_content=True):
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST_ANSWER_BYTES:
                    raise requests.RequestException(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes")
                if self._monotonic() - started > TOTAL_SECONDS:
                    raise requests.Timeout(f"an answer that takes longer than {TOTAL_SECONDS} seconds")
        except BaseException:
            answer.close()
            raise
        answer._content = b"".join(pieces)
        answer._content_consumed = True
        answer.raw.release_conn()
        return answer

    def _shown(self, answer: requests.Response) -> str:
        """Return what an answer says, for people: Alpaca's message, else the beginning of the body."""
        text = answer.content[:2000].decode("utf-8", errors="replace").strip()
        try:
            body = json.loads(answer.content)
        except ValueError:
            body = None
        if isinstance(body, Mapping) and "message" in body:
            text = str(body["message"])
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text[:80]


def seconds_until_reset(headers: Mapping[str, str]) -> float:
    """Return how long the server's budget stays spent, 0 when it does not say so credibly.

    Both times are the server's own (``Date`` and ``X-RateLimit-Reset``), so a wrong clock here does no harm.
    """
    try:
        reset = float(headers["X-RateLimit-Reset"])
        server = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, ValueError, TypeError, IndexError):
        return 0.0
    rest = reset - server
    return rest if 0.0 < rest <= WINDOW_SECONDS + 1.0 else 0.0


def _place(request: Any) -> str:
    # Without the query, which holds every symbol.
    return str(request.url).partition("?")[0]


def _refusal(status: int, text: str, place: str) -> InvalidConfigError | DataValidationError:
    if status in (401, 403):
        return InvalidConfigError(
            "QTS-DATA-046", "the server does not let this account have the data", where=place,
            found=f"http {status} {text}", expected="keys and a plan that include it",
            fix="check ALPACA_API_KEY and ALPACA_SECRET_KEY, or use --feed iex",
        )  # fmt: skip
    return DataValidationError(
        "QTS-DATA-047", "the server refuses the question", where=place, found=f"http {status} {text}",
        expected="200 with JSON",
    )  # fmt: skip
