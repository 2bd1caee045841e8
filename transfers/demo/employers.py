"""The demo's employer: somebody to sign in as, and a batch that is checked and has its problems."""

from datetime import datetime

from django.core.files.base import ContentFile

from ..intake import batches
from ..intake.batches.columns import COLUMNS
from ..models.employers import Employer
from ..models.regions import Agency
from ..models.users import User
from ..rules import identity
from ..tables import as_csv

CODE = "91990100MA0000001G"
NAME = "示例制造有限公司"
_GOOD = 8


def add_employer() -> User:
    """The employer and its user, for now without a usable password; those there are kept."""
    employer, _made = Employer.objects.get_or_create(
        uscc=CODE,
        defaults={
            "name": NAME,
            "contact_phone": "19900000000",
            "agency": Agency.objects.filter(region=CODE[2:8]).first(),
        },
    )
    user, made = User.objects.get_or_create(
        username=CODE, defaults={"employer": employer, "email": "employer@example.org"}
    )
    if made:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def add_batch(at: datetime) -> None:
    """A batch uploaded and checked at `at`; most rows are good, four have a problem each."""
    content = as_csv([column.zh for column in COLUMNS], _rows(at))
    batches.take(ContentFile(content), by=add_employer(), at=at)
    run = batches.work(lambda: at, seconds=600)
    if run.errors:
        raise ExceptionGroup("the demo's batch", run.errors)


def _rows(at: datetime) -> list[list[str]]:
    def row(serial: int, **changes: str) -> list[str]:
        digits = f"99010019910612{700 + serial}"
        given = {
            "name": f"{'赵钱孙李周吴郑王冯陈褚卫'[serial]}样本", "id_number": digits + identity.check_digit(digits),
            "origin": "990100", "scheme_from": "职工", "stopped_on": f"{at.year - 1}-12-31",
            "destination": "泉州市", "enrolled_on": f"{at.year}-01-01", "contact_phone": "19900000000",
            "contact_email": "", **changes,
        }  # fmt: skip
        return [given[column.field] for column in COLUMNS]

    return [
        *(row(serial) for serial in range(_GOOD)),
        row(8, id_number="9.90100199106E+17"),
        row(9, stopped_on=""),
        row(10, enrolled_on="45658"),
        row(11, destination="福建省"),
    ]
