"""Amounts in Chinese capitals (大写), as on a cheque, so that nobody can add a stroke to a figure."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_WAN, _YI = 10_000, 100_000_000


def in_capitals(fen: int) -> str:
    """An amount in fen: 123456 → 人民币壹仟贰佰叁拾肆元伍角陆分.

    One 零 stands for noughts between two digits of the whole yuan, and for a missing 角 before 分;
    where the form leaves it open (a nought just before 万 or 元) none is written. 整 follows 元 and
    角, never 分. 0 is 人民币零元整. Source: 支付结算办法, annex 1 (正确填写票据和结算凭证的基本规定).
    Raises ValueError for a negative amount.
    """
    if fen < 0:
        raise ValueError("an amount in capitals cannot be negative")
    yuan, rest = divmod(fen, 100)
    jiao, cents = divmod(rest, 10)
    text = f"{_whole(yuan)}元" if yuan or not rest else ""
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif cents and yuan:
        text += "零"
    text += f"{_DIGITS[cents]}分" if cents else "整"
    return f"人民币{text}"


def _whole(number: int) -> str:
    """A whole number, by 亿 and 万 and what is left, with 零 where a place in between is empty."""
    for unit, name in ((_YI, "亿"), (_WAN, "万")):
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return f"{_whole(high)}{name}{gap}{_whole(low) if low else ''}"
    return _below_wan(number) or "零"


def _below_wan(number: int) -> str:
    text, skipped = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if not digit:
            skipped = bool(text)
            continue
        text += ("零" if skipped else "") + _DIGITS[digit] + _PLACES[place]
        skipped = False
    return text
