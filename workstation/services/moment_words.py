"""The words by which people name times: English, Russian, Uzbek in both alphabets, Belarusian. Lower case, without
apostrophes, ё written as е."""

from datetime import time, timedelta
from typing import TypeVar

T = TypeVar("T")


def _each(table: dict[str, T]) -> dict[str, T]:
    """One entry for every word of a row."""
    return {word: value for words, value in table.items() for word in words.split()}


NOISE = frozenset(
    "the a an of в во на к о об у ў а at on by da да ga га kuni куни числа числу год г oclock следующий следующую "
    "следующее next".split()
)
AT = frozenset("at в у ў а".split())  # a time of the clock follows, not a span
CLOCK_WORDS = frozenset("ч час часа часов гадз гадзіна гадзіну гадзіны гадзін soat соат h".split())
NOW = frozenset("now сейчас теперь hozir ҳозир хозир зараз цяпер".split())
IN = frozenset("in after через спустя keyin кейин song сўнг сонг праз".split())
AMOUNTS = _each({"half yarim ярим пол паў": 0.5, "полтора полторы": 1.5})
WHOLE_SPANS = frozenset("полчаса паўгадзіны".split())

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UNITS = _each({
    "m min mins minute minutes м мин минут минуту минуты минута хв хвилин хвилину хвілін хвіліну хвіліны "
    "daqiqa daqiqadan daq дақиқа дақиқадан дакика дакикадан minut minutdan минутдан": _MINUTE,
    "h hr hour hours ч час часа часов гадз гадзіна гадзіну гадзіны гадзін soat soatdan соат соатдан": _HOUR,
    "d day days д день дня дней дзень дні дзён дзен kun kundan кун кундан": _DAY,
    "w week weeks нед неделя неделю недели недель тыдзень тыдні тыдняў hafta haftadan ҳафта ҳафтадан хафта": 7 * _DAY,
    "полчаса паўгадзіны": _HOUR / 2,
})  # fmt: skip

DAYS = _each({
    "today tod сегодня bugun бугун сёння сення": 0,
    "tomorrow tmr tmrw tom завтра ertaga эртага заўтра заутра": 1,
    "overmorrow послезавтра indin indinga индин индинга паслязаўтра паслязаутра": 2,
})  # fmt: skip

WEEKDAYS = _each({
    "monday mon пн понедельник понедельника dushanba du душанба панядзелак": 0,
    "tuesday tue tues вт вторник seshanba se сешанба аўторак аўт аў": 1,
    "wednesday wed ср среда среду chorshanba cho чоршанба серада сераду": 2,
    "thursday thu thur thurs чт четверг payshanba pay пайшанба чацвер чц": 3,
    "friday fri пт пятница пятницу juma жума пятніца пятніцу": 4,
    "saturday sat сб суббота субботу shanba sha шанба субота суботу": 5,
    "sunday sun вс воскресенье yakshanba yak якшанба нядзеля нядзелю нд": 6,
})  # fmt: skip

MONTHS = _each({
    "january jan января янв yanvar январ студзеня": 1,
    "february feb февраля фев fevral феврал лютага": 2,
    "march mar марта мар mart март сакавіка": 3,
    "april apr апреля апр aprel апрел красавіка": 4,
    "may мая май траўня": 5,
    "june jun июня июн iyun чэрвеня": 6,
    "july jul июля июл iyul ліпеня": 7,
    "august aug августа авг avgust август жніўня": 8,
    "september sep sept сентября сен сент sentabr сентабр верасня": 9,
    "october oct октября окт oktabr октабр кастрычніка": 10,
    "november nov ноября ноя noyabr ноябр лістапада": 11,
    "december dec декабря дек dekabr декабр снежня": 12,
})  # fmt: skip

PARTS = _each({
    "morning утром утра ertalab эрталаб раніцай раніцы": "morning",
    "noon полдень peshin пешин апоўдні": "noon",
    "afternoon днем дня kunduzi кундузи удзень дні": "afternoon",
    "evening tonight вечером вечера kechqurun kechki кечқурун кечкурун увечары вечара": "evening",
})  # fmt: skip
NOON_HOURS = {"morning": time(10), "noon": time(12), "afternoon": time(14), "evening": time(18)}
