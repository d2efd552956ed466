"""Dates in the forms that feeds, pages and exports use, as the corpus contract writes them."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache

from recommender.dates import Moment

_ZONES = {
    "z": 0, "ut": 0, "utc": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "mez": 1, "cest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "trt": 3, "gst": 4, "pkt": 5, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "awst": 8,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6,
    "pst": -8, "pdt": -7, "akst": -9, "akdt": -8, "hst": -10, "art": -3, "brt": -3,
}  # fmt: skip
_MONTHS = """
january jan januar jänner janvier janv enero ene styczeń stycznia sty gennaio gen січень січня січ январь января янв
february feb februar février févr fév febrero luty lutego lut febbraio лютий лютого лют февраль февраля фев
march mar märz mrz mars marzo marzec marca березень березня бер март марта мар
april apr avril avr abril abr kwiecień kwietnia kwi aprile квітень квітня кві апрель апреля апр
may mai mayo maj maja maggio mag травень травня тра май мая
june jun juni juin junio czerwiec czerwca cze giugno giu червень червня чер июнь июня июн
july jul juli juillet juil julio lipiec lipca lip luglio lug липень липня лип июль июля июл
august aug août aou aout agosto ago sierpień sierpnia sie серпень серпня сер август августа авг
september sep sept septembre septiembre wrzesień września wrz settembre set \
вересень вересня вер сентябрь сентября сен сент
october oct oktober okt octobre octubre październik października paź ottobre ott жовтень жовтня жов октябрь октября окт
november nov novembre noviembre listopad listopada lis листопад листопада лис ноябрь ноября ноя нояб
december dec dezember dez décembre déc diciembre dic grudzień grudnia gru dicembre \
грудень грудня гру декабрь декабря дек
"""
_MONTH_OF = {word: number for number, line in enumerate(_MONTHS.strip().splitlines(), 1) for word in line.split()}

_ISO = re.compile(
    r"(?P<y>\d{4})-?(?P<m>\d\d|(?<=-)\d(?=-))-?(?P<d>\d\d|(?<=-)\d)"
    r"(?:(?:[Tt ]\s*|(?<=\d{8}))(?P<H>\d\d|\d(?=:)):?(?P<M>\d\d)(?::?(?P<S>\d\d))?(?:[.,]\d+)?"
    r"\s*(?P<zone>[+-]\d\d:?(?:\d\d)?|[A-Za-z]{1,4})?)?\Z"
)
_NUMBERS = re.compile(
    r"(?P<y>\d{4})[/.](?P<m>\d{1,2})[/.](?P<d>\d{1,2})\b|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4})\b"
)
_NAMED = re.compile(
    r"(?:(?P<d>\d{1,2})(?:st|nd|rd|th|er|\.|º)?\s+(?:de\s+|of\s+)?(?P<m>[^\W\d_]{3,12})\.?,?\s+(?:de\s+|del\s+)?(?P<y>\d{4})"
    r"|(?P<m2>[^\W\d_]{3,12})\.?\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<y2>\d{4}))(?!\d)"
)
_TIME = re.compile(
    r"(?<![\d:])(?P<H>\d{1,2}):(?P<M>\d\d)(?::(?P<S>\d\d))?\s*(?P<half>[ap]\.?m\.?)?\s*(?P<zone>[+-]\d\d:?\d\d|\b[A-Z]{2,4}\b)?",
    re.IGNORECASE,
)
_NONE = re.compile(
    r"\s*(?:\Z|0000-00-00|-0001-11-30|0001-01-01|(?:\w+,\s*)?(?:30\s+Nov\s+-0001|0?1\s+Jan\s+0001)\b)", re.IGNORECASE
)
_ZONE_WITH_COLON = re.compile(r"([+-]\d\d):(\d\d)\Z")
_LONGEST = 80
_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}")
_SLASHED = re.compile(r"\s*\d{1,2}/\d{1,2}/\d{4}\b")


def news_moment(value: object) -> Moment:
    """The date that a record states, whatever the way in: as a build writes it, or in any form of `news_date`.

    Raises:
        ValueError: it is none, or can be read in two ways.
    """
    if isinstance(value, str | int | float | date) and not isinstance(value, bool):
        return _moment(value)
    raise ValueError(_no_date(value))


def stated_date(candidates: Iterable[tuple[str, object]]) -> str | None:
    """The first date that can be told of those that a record states under these names; None where it states none.

    Raises:
        ValueError: it states some, and none of them can be told: a story without its date would be ranked, and one
            without its embargo shown, as nobody meant it.
    """
    problem = None
    for name, value in candidates:
        if states_none(value):
            continue
        try:
            return str(news_moment(value))
        except ValueError as error:
            problem = problem or f"{name}: {error}"
    if problem:
        raise ValueError(problem)
    return None


def states_none(value: object) -> bool:
    """Whether a record says that it has no date: null, a blank, the zeros of MySQL, what PHP makes of these in feeds
    (`30 Nov -0001`), or the first instant that .NET and Go know.
    """
    return value is None or (isinstance(value, str) and _NONE.match(value) is not None)


@lru_cache(maxsize=4_096)
def _moment(value: str | float | date) -> Moment:
    """Stories come by the day: the same few dates over and over."""
    if isinstance(value, str):
        try:
            return Moment.parse(value)
        except ValueError:
            pass
    found = news_date(value)
    if found is None:
        raise ValueError(_no_date(value))
    return Moment.parse(found)


def _no_date(value: object) -> str:
    text = str(value)[:40]
    if _SLASHED.match(text):
        return f"{text!r} does not say which is the day and which the month: write YYYY-MM-DD"
    return f"{text!r} is not a date that can be told (YYYY-MM-DD, RFC 3339, RFC 822, seconds since 1970, 4 May 2024)"


def news_date(text: object) -> str | None:
    """A date or date-time as `YYYY-MM-DD` or RFC 3339 in UTC; None where it cannot be told without guessing.

    It reads ISO 8601 in full and basic form, RFC 822 with named zones, seconds and milliseconds since 1970, day,
    month name and year in eight languages, `4.5.2024` and `2024/5/4`. `04/05/2024` says two things and is not read,
    nor is a date before 1700 or past 2200. A time without a zone, or in a zone not known, is in UTC.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = f"{text:.3f}".removesuffix(".000") if isinstance(text, float) else str(text)  # 20240504 is a day, too
    if isinstance(text, datetime):
        return _instant(text if text.tzinfo else text.replace(tzinfo=UTC))
    if isinstance(text, date):
        return _day(text.year, text.month, text.day)
    if not isinstance(text, str) or states_none(text) or len(text := " ".join(text.split())) > _LONGEST:
        return None
    if _EPOCH.fullmatch(text):
        return _epoch(float(text))
    try:
        return _iso(text) or _rfc_822(text) or _other(text)
    except (ValueError, OverflowError, IndexError):
        return None


def _iso(text: str) -> str | None:
    match = _ISO.match(text)
    if match is None:
        return None
    if match["H"] is None:
        return _day(int(match["y"]), int(match["m"]), int(match["d"]))
    return _at(match["y"], match["m"], match["d"], match["H"], match["M"], match["S"], match["zone"])


def _rfc_822(text: str) -> str | None:
    if not re.search(r"\d:\d\d", text) or re.search(r"\d\s*[ap]\.?m\b", text, re.IGNORECASE):
        return None  # it takes 3:15 pm for 3:15
    text = _ZONE_WITH_COLON.sub(r"\1\2", text)  # which it passes over
    parsed = parsedate_tz(text)
    if parsed is None:
        return None
    offset = parsed[9]
    name = text.rsplit(" ", 1)[-1].strip("()").lower()
    if name in _ZONES and not re.search(r"[+-]\d{4}", text):
        offset = _ZONES[name] * 3_600  # it knows those of North America only, and takes others for UTC
    return _instant(datetime(*parsed[:6], tzinfo=timezone(timedelta(seconds=offset or 0))))


def _other(text: str) -> str | None:
    match = _NUMBERS.search(text)
    if match is not None:
        year, month, day = match["y"] or match["y2"], match["m"] or match["m2"], match["d"] or match["d2"]
    else:
        match = _NAMED.search(text)
        if match is None or (number := _MONTH_OF.get((match["m"] or match["m2"]).lower())) is None:
            return None
        year, month, day = match["y"] or match["y2"], str(number), match["d"] or match["d2"]
    time = _TIME.search(text[: match.start()] + " " + text[match.end() :])
    if time is None:
        return _day(int(year), int(month), int(day))
    hour = int(time["H"])
    if time["half"]:
        hour = hour % 12 + (12 if time["half"].lower().startswith("p") else 0)
    return _at(year, month, day, str(hour), time["M"], time["S"], time["zone"])


def _at(year: str, month: str, day: str, hour: str, minute: str, second: str | None, zone: str | None) -> str | None:
    offset = timedelta(0)
    if zone and zone[0] in "+-":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:])) * (-1 if zone[0] == "-" else 1)
    elif zone:
        offset = timedelta(hours=_ZONES.get(zone.lower(), 0))
    when = datetime(int(year), int(month), int(day), tzinfo=timezone(offset))
    return _instant(when + timedelta(hours=int(hour), minutes=int(minute), seconds=min(int(second or 0), 59)))


def _epoch(number: float) -> str | None:
    seconds = number / 1_000 if abs(number) >= 1e11 else number
    try:
        return _instant(datetime.fromtimestamp(seconds, UTC)) if number > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _day(year: int, month: int, day: int) -> str | None:
    return date(year, month, day).isoformat() if 1700 <= year <= 2200 else None


def _instant(when: datetime) -> str | None:
    when = when.astimezone(UTC)
    return f"{when:%Y-%m-%dT%H:%M:%SZ}" if 1700 <= when.year <= 2200 else None
