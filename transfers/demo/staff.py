"""The demo's members of staff: whom one can log in as, and the colleagues in every other pool."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from ..models.regions import Agency
from ..models.users import User
from ..rules.states import Role
from ..workflow.actors import Actor
from .places import EXAMPLE_PROVINCE, POOLS, STAFFED


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody whose password is printed. `region` is the code of the place of the agency, if any."""

    username: str
    family: str
    given: str
    role: Role
    region: str | None


_SUPERVISED = {EXAMPLE_PROVINCE: "shilisheng", "350000": "fujian", "320000": "jiangsu"}


def _logins() -> tuple[Login, ...]:
    found = []
    for (region, word), families in zip(STAFFED.items(), ("张李王赵陈", "林黄吴郑蔡", "周徐孙朱马"),
                                        strict=True):  # fmt: skip
        found += [
            Login(f"{start}.{word}", family, given, role, region)
            for family, (start, given, role) in zip(
                families,
                (
                    ("clerk", "示例", Role.CLERK),
                    ("clerk2", "样本", Role.CLERK),
                    ("finance", "测试", Role.FINANCE),
                    ("finance2", "演示", Role.FINANCE),
                    ("supervisor", "示范", Role.SUPERVISOR),
                ),
                strict=True,
            )
        ]
    found += [
        Login(f"supervisor.{word}", family, "监督", Role.SUPERVISOR, region)
        for family, (region, word) in zip("何高罗", _SUPERVISED.items(), strict=True)
    ]
    return (
        *found,
        Login("policy", "梁", "政策", Role.POLICY_EDITOR, None),
        Login("auditor", "宋", "审计", Role.AUDITOR, EXAMPLE_PROVINCE),
        Login("admin", "唐", "管理", Role.ADMINISTRATOR, None),
    )


LOGINS = _logins()
MARKER = LOGINS[0].username
"""Loaded in one transaction with everything else: who is there tells that all of it is."""


@dataclass(frozen=True, slots=True)
class Crew:
    """Who acts for a pool; `checker` and `finance_checker` are the second pairs of eyes."""

    clerk: Actor
    checker: Actor
    finance: Actor
    finance_checker: Actor
    supervisor: Actor


def add_staff() -> None:
    """Insert everybody, for now without a usable password."""
    agencies = {agency.region_id: agency for agency in Agency.objects.all()}
    groups = {group.name: group for group in Group.objects.all()}
    wanted = {
        login.username: (_user(login.username, login.family, login.given, agencies.get(login.region)),
                         (login.role,))
        for login in LOGINS
    }  # fmt: skip
    for number, region in enumerate(sorted(set(POOLS) - set(STAFFED))):
        # Two people do everything in the other pools; it takes two for a second pair of eyes.
        for start, given, roles in (
            ("desk1", "甲", (Role.CLERK, Role.FINANCE, Role.SUPERVISOR)),
            ("desk2", "乙", (Role.CLERK, Role.FINANCE)),
        ):
            username = f"{start}.{region}"
            family = "韩冯邓曹彭曾肖田董袁潘蒋余杜叶程魏苏吕丁"[number % 20]
            user = _user(username, family, f"示例{given}", agencies[region])
            wanted[username] = (user, roles)
    users = User.objects.bulk_create(user for user, _roles in wanted.values())
    User.groups.through.objects.bulk_create(
        User.groups.through(user=user, group=groups[role])
        for user in users
        for role in wanted[user.username][1]
    )


def _user(username: str, family: str, given: str, agency: Agency | None) -> User:
    return User(
        username=username,
        last_name=family,
        first_name=given,
        email=f"{username}@example.org",
        agency=agency,
        is_staff=True,
        password=make_password(None),
    )


def crews() -> Mapping[str, Crew]:
    """Everybody who acts in a demo case, by the code of the pool."""
    words = {code: STAFFED.get(code) for code in POOLS}
    names = {
        f"{start}.{word or code}"
        for code, word in words.items()
        for start in _starts(word is not None)
    }
    users = User.objects.filter(username__in=names).prefetch_related("groups")
    actors = {user.username: Actor.staff(user) for user in users}
    return {
        code: Crew(*(actors[f"{start}.{word or code}"] for start in _starts(word is not None)))
        for code, word in words.items()
    }


def _starts(staffed: bool) -> tuple[str, ...]:
    if staffed:
        return ("clerk", "clerk2", "finance", "finance2", "supervisor")
    return ("desk1", "desk2", "desk1", "desk2", "desk1")


def set_passwords(hashed: Mapping[str, str]) -> None:
    """Give the printed logins these password hashes, by username."""
    users = list(User.objects.filter(username__in=hashed))
    for user in users:
        user.password = hashed[user.username]
    User.objects.bulk_update(users, ["password"])
