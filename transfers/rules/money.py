"""Money is whole fen (分). Reading and writing amounts; never a float in between."""

import unicodedata
from decimal import Decimal, InvalidOperation


def yuan(fen: int) -> str:
    """An amount in fen as people read it: 123456 → ¥1,234.56; negative with the sign in front."""
    sign = "-" if fen < 0 else ""
    whole, cents = divmod(abs(fen), 100)
    return f"{sign}¥{whole:,}.{cents:02d}"


def fen(text: str) -> int:
    """Fen from an amount as people write it (`1,234.56`, `¥1234.5`, full-width digits).

    Raises ValueError for anything that is not a number of yuan with at most two decimals.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lstrip("¥￥").replace(",", "").strip()
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not an amount") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not an amount")
    scaled = amount.scaleb(2)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{text!r} has more than two decimals")
    return int(scaled)
