"""How many requests one client may send: an optional limit, in bounded memory."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from recommender.service.problems import TooManyRequests

BURST_SECONDS = 10.0
BURST_LEAST = 10
"""At once a client may send what it may send in ten seconds, at least ten requests."""
MOST_CLIENTS = 50_000
"""Clients that are remembered; of more, those that were seen longest ago begin anew."""


class RateLimit:
    """Requests by client, each of which has a moment at which its allowance is whole again (GCRA).

    Args:
        per_second: requests that a client may send on average.
        clock: seconds that never jump.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / per_second
        self._burst = max(BURST_SECONDS, BURST_LEAST * self._interval)
        self._clock = clock
        self._whole_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._whole_at)

    def take(self, client: str, requests: int = 1) -> None:
        """Count requests of a client; more at once than ever fit count as those that fit.

        Raises:
            TooManyRequests: it has to wait; nothing was counted.
        """
        now = self._clock()
        cost = min(requests * self._interval, self._burst)
        whole_at = max(self._whole_at.get(client, now), now) + cost
        if (wait := whole_at - now - self._burst) > 1e-9:
            raise TooManyRequests(math.ceil(wait))
        self._whole_at[client] = whole_at
        self._whole_at.move_to_end(client)
        if len(self._whole_at) > MOST_CLIENTS:
            self._whole_at.popitem(last=False)


def client_of(address: str) -> str:
    """Who an address belongs to: itself, or of IPv6, where one household has many, its /64 network."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.IPv6Network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address
