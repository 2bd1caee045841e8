"""Where the demo cases happen: pools that the rules name, and two cities that do not exist."""

from dataclasses import dataclass
from datetime import date

from ..models.policies import TransferPolicy, ValueStatus
from ..models.regions import Agency, Region
from ..models.statements import BankAccount

EXAMPLE_PROVINCE = "990000"
EXAMPLE_CITY = "990100"
SAMPLE_CITY = "990200"
QUANZHOU = "350500"
NANJING = "320100"
GUANGZHOU = "440100"
SHAOGUAN = "440200"

# The pools whose people get printed logins, with the word their usernames end in.
STAFFED = {EXAMPLE_CITY: "shili", QUANZHOU: "quanzhou", NANJING: "nanjing"}

# How often a pool turns up in ordinary cases, relative to the others.
WEIGHTS = {
    EXAMPLE_CITY: 14,
    QUANZHOU: 7,
    NANJING: 6,
    "420100": 2,  # Wuhan, for Hubei
    "420500": 1,  # Yichang, for Hubei
    "430100": 2,  # Changsha, for Hunan
    "340100": 2,  # Hefei, for Anhui
    "340200": 1,  # Wuhu, for Anhui
    "370100": 2,  # Jinan, for Shandong
    "370200": 2,  # Qingdao
    "350100": 2,  # Fuzhou, for Fujian
    "350200": 1,  # Xiamen, for Fujian
    "320500": 2,  # Suzhou, for Jiangsu
    "360100": 2,  # Nanchang
    "360700": 1,  # Ganzhou, for Jiangxi
    "230300": 1,  # Jixi
    "230100": 2,  # Harbin
    "450800": 1,  # Guigang
    "450100": 1,  # Nanning, beside Guigang
    "410100": 2,  # Zhengzhou
    "630100": 1,  # Xining
    GUANGZHOU: 2,
    SHAOGUAN: 1,
}
# Not among the ordinary ones: nothing can be applied for online from or to it.
POOLS = (*WEIGHTS, SAMPLE_CITY)


@dataclass(frozen=True, slots=True)
class Route:
    origin: str
    destination: str

    @property
    def online(self) -> bool:
        return SAMPLE_CITY not in (self.origin, self.destination)


def add_sample_city() -> None:
    """A second city that does not exist, with what no shipped place has: unconnected, long limits.

    Its limits are longer than any real one so that some due days lie past the last published
    holidays, and are shown as provisional, from mid-October on.
    """
    region, _new = Region.objects.get_or_create(
        pk=SAMPLE_CITY,
        defaults={
            "name_zh": "样本市",
            "name_en": "Sample City",
            "parent_id": EXAMPLE_PROVINCE,
            "level": Region.Level.PREFECTURE,
            "is_pool": True,
        },
    )
    neighbour = Agency.objects.get(region=EXAMPLE_CITY)
    Agency.objects.get_or_create(
        region=region,
        defaults={
            "name_zh": "样本市医疗保障经办机构",
            "name_en": "Sample City Healthcare Security Agency",
            "phone": neighbour.phone,
            "hours_zh": neighbour.hours_zh,
            "hours_en": neighbour.hours_en,
            "supervised_by": neighbour.supervised_by,
        },
    )
    values = {"connected": False, "remit_days": 60, "supplement_days": 45}
    if not TransferPolicy.objects.filter(region=region).exists():
        TransferPolicy.objects.create(
            region=region,
            valid_from=date(2020, 1, 1),
            provenance={
                name: {"status": ValueStatus.OWN, "source": "演示数据", "verified": False}
                for name in values
            },
            **values,
        )


DEMO_BANK = "示例银行"


def add_bank_accounts() -> None:
    """One account for every pool that acts in the demo, of a bank that does not exist.

    Its number starts with 9999, which no bank in China issues. What is there already stays.
    """
    has_one = BankAccount.objects.filter(in_use=True).values("agency")
    pools = Agency.objects.filter(region__in=POOLS).exclude(pk__in=has_one)
    BankAccount.objects.bulk_create(
        BankAccount(
            agency=agency,
            holder=f"{agency.region.name_zh}医疗保险基金（演示）",
            bank=DEMO_BANK,
            number=f"99990000{agency.region_id}01",
        )
        for agency in pools.select_related("region").order_by("pk")
    )
