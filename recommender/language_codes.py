"""The code of a language, of whichever form it is stated in."""

import re

_CODE = re.compile("(?!mis|mul|und|zxx)[a-z]{2,3}")
"""Not what ISO 639-2 has where there is no one language: none, several, an unknown one."""

_THREE = dict(
    pair.split(":")
    for pair in """
    ara:ar bul:bg ben:bn cat:ca ces:cs cze:cs dan:da deu:de ger:de ell:el gre:el eng:en spa:es est:et eus:eu baq:eu
    fas:fa per:fa fin:fi fra:fr fre:fr gle:ga glg:gl heb:he hin:hi hrv:hr hun:hu hye:hy arm:hy ind:id isl:is ice:is
    ita:it jpn:ja kat:ka geo:ka kor:ko lit:lt lav:lv mkd:mk mac:mk msa:ms may:ms nep:ne nld:nl dut:nl nor:no pol:pl
    por:pt ron:ro rum:ro rus:ru slk:sk slo:sk slv:sl sqi:sq alb:sq srp:sr swa:sw swe:sv tam:ta tha:th tur:tr ukr:uk
    urd:ur vie:vi zho:zh chi:zh""".split()
)
"""ISO 639-2, both of its sets, for the languages of news that have a code of two letters."""


def language_code(stated: str) -> str | None:
    """The code in a language's tag (`en` of `en-US`, `EN` and `eng`); None where there is none (`English`, `und`).

    It has two letters (ISO 639-1), or three where the language has none of two (`fil`).
    """
    code = stated.replace("_", "-").split("-")[0].strip().lower()
    return _THREE.get(code, code) if _CODE.fullmatch(code) else None
