"""People nobody can mistake for real ones.

Names end in 示例, 样本, 测试 or 演示; identity numbers begin with 990100, which no authority issues,
and check otherwise; telephones are 199 and a serial number; e-mail goes to example.org.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from ..rules import identity
from ..rules.states import Scheme

_FAMILIES = (
    *"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢",
    *"姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向",
    "欧阳",
    "上官",
    "司马",
    "诸葛",
)
_GIVEN = ("示例", "样本", "测试", "演示")
PREFIX = "990100"
SHOWCASE_BIRTH = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class Insured:
    id_number: str
    name: str
    phone: str
    email: str


def id_number(birth_on: date, serial: int) -> str:
    """A number that checks and was never issued."""
    first17 = f"{PREFIX}{birth_on:%Y%m%d}{serial % 1000:03d}"
    return first17 + identity.check_digit(first17)


SHOWCASE_NUMBER = id_number(SHOWCASE_BIRTH, 1)
"""Whose case is printed; nobody else is given this number."""


def insured(serial: int, rng: Random, today: date, scheme: Scheme, *, retired: bool) -> Insured:
    """Person number `serial`, counted from 0, of an age that suits the scheme."""
    if serial == 0:
        number = SHOWCASE_NUMBER
    else:
        age = rng.randint(*_ages(scheme, retired=retired))
        number = id_number(date(today.year - age - 1, rng.randint(1, 12), rng.randint(1, 28)),
                           serial + 1)  # fmt: skip
    family = _FAMILIES[serial * 7 % len(_FAMILIES)]
    with_email = serial == 0 or rng.random() < 0.6
    return Insured(
        id_number=number,
        name=family + _GIVEN[serial // len(_FAMILIES) % len(_GIVEN)],
        phone=f"199{serial + 1:08d}",
        email=f"demo{serial + 1}@example.org" if with_email else "",
    )


def _ages(scheme: Scheme, *, retired: bool) -> tuple[int, int]:
    if retired:
        return 61, 72
    return (8, 70) if scheme is Scheme.RESIDENT else (23, 57)
