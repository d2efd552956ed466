"""How many requests one client may send."""

import pytest

from recommender.service import rate
from recommender.service.problems import TooManyRequests
from recommender.service.rate import RateLimit, client_of


def test_a_client_has_a_burst_and_then_its_rate() -> None:
    now = [1_000.0]
    limit = RateLimit(2.0, lambda: now[0])
    for _ in range(20):  # ten seconds' worth
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a")
    assert refused.value.retry_after == 1
    limit.take("b")
    now[0] += 0.5
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.take("a")
    now[0] += 100
    limit.take("a", 1_000)  # more than ever fits at once counts as what fits
    with pytest.raises(TooManyRequests) as refused:
        limit.take("a", 4)
    assert refused.value.retry_after == 2


def test_clients_are_forgotten_beyond_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate, "MOST_CLIENTS", 10)
    limit = RateLimit(1.0)
    for number in range(1_000):
        limit.take(str(number))
    assert len(limit) == 10


def test_a_household_of_many_addresses_is_one_client() -> None:
    assert client_of("192.0.2.7") == "192.0.2.7"
    assert client_of("2001:db8:1:2:3::4") == client_of("2001:db8:1:2:ffff::") != client_of("2001:db8:1:3::")
    assert client_of("fe80::1%eth0") == "fe80::/64"
    assert client_of("::nonsense::") == "::nonsense::"


ROUTES = (
    "/v1/related?id=a1", "/v1/related/fragment?id=a1", "/v1/stories/a1", "/v1/index", "/v1/index/generations", "/",
    "/docs", "/openapi.json", "/nix", "/widget.js",
)  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
def test_every_reading_route_counts(make, route) -> None:
    client = make(rate_limit=0.001, admin_key=("secret",))
    for _ in range(10):
        assert client.get("/v1/related?id=a1").status_code == 200
    refused = client.get(route)
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert int(refused.headers["retry-after"]) > 1
    assert refused.headers["access-control-allow-origin"] == "*"
    assert client.get(route, headers={"X-API-Key": "secret"}).status_code != 429
    for watched in ("/healthz", "/readyz", "/metrics"):
        assert client.get(watched).status_code == 200


def test_a_batch_counts_as_its_questions(make) -> None:
    client = make(rate_limit=0.001)
    batch = {"queries": [{"id": "a1"}] * 8}
    assert client.post("/v1/related/batch", json=batch).status_code == 200
    assert client.post("/v1/related/batch", json=batch).status_code == 429
    assert client.get("/v1/related?id=a1").status_code == 200
    assert client.get("/v1/related?id=a1").status_code == 429


def test_a_wrong_key_does_not_help(make) -> None:
    client = make(rate_limit=0.001, admin_key=("secret",))
    statuses = [client.post("/v1/index/rollback", headers={"X-API-Key": str(n)}).status_code for n in range(12)]
    assert statuses == [401] * 10 + [429] * 2
