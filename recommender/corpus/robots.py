"""What a site's robots.txt asks of those who fetch from it."""

from protego import Protego

AGENT = "recommender"
ROBOTS = "/robots.txt"


class Rules:
    """The rules of one site."""

    def __init__(self, text: str) -> None:
        self._rules = Protego.parse(text) if text.strip() else None

    def allows(self, url: str) -> bool:
        """Whether an address may be fetched."""
        return self._rules is None or bool(self._rules.can_fetch(url, AGENT))

    @property
    def delay(self) -> float:
        """Seconds between two fetches that the site asks for."""
        delay = self._rules.crawl_delay(AGENT) if self._rules else None
        return float(delay) if delay else 0.0
