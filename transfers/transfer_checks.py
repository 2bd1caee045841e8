"""The conditions of eligibility that every transfer must meet. Found by `workflow.checks`.

Source: the interim measures on transferring medical-insurance relations; the resident next-year rule
and the same-pool rule as the agencies' own guides give them.
"""

from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from .models.applications import MaterialKind, TransferApplication
from .policy import resolve
from .rules import identity
from .rules.states import OPEN, Action, RejectCode, Scheme, Side
from .workflow.checks import Question, register
from .workflow.submission import materials_for

CHECK = Action.PASS_CHECK


@register(CHECK, RejectCode.ORIGIN_NOT_STOPPED, side=Side.ORIGIN)
def origin_stopped(asked: Question) -> object:
    stopped = asked.record.stopped_on
    if stopped is None:
        return _("Insurance at the origin has no stop date yet.")
    if stopped > asked.on:
        return _("Insurance at the origin only stops on %(day)s.") % {"day": stopped}
    return None


@register(CHECK, RejectCode.NO_ORIGIN_RECORD, side=Side.ORIGIN, overridable=False)
def origin_has_a_record(asked: Question) -> object:
    if asked.record.enrolled_on is None:
        return _("The origin has no enrolment on record for this person.")
    return None


@register(CHECK, "balance_unknown", side=Side.ORIGIN, overridable=False)
def balance_is_on_record(asked: Question) -> object:
    has_account = Scheme(asked.application.scheme_from).has_personal_account
    if has_account and asked.record.balance_fen is None:
        return _("Enter the balance of the personal account; 0 if it is empty.")
    return None


@register(CHECK, RejectCode.ORIGIN_ARREARS, side=Side.ORIGIN)
def no_arrears(asked: Question) -> object:
    if asked.record.in_arrears:
        return _("Contributions at the origin are in arrears.")
    return None


@register(CHECK, "not_a_relocated_retiree", side=Side.ORIGIN)
def relocated_retiree_is_one(asked: Question) -> object:
    if not asked.application.relocated_retiree:
        return None
    if not asked.record.retired:
        return _("The application says retired, the origin's record does not.")
    if asked.application.origin.province_code == asked.application.destination.province_code:
        return _("A retiree counts as relocated only in another province.")
    return None


@register(CHECK, RejectCode.ALREADY_RETIRED, side=Side.ORIGIN)
def not_retired(asked: Question) -> object:
    # A retiree settled in another province keeps the relation; only the balance is paid out.
    if asked.record.retired and not asked.application.relocated_retiree:
        return _("The person draws retirement benefits; a retired relation does not move.")
    return None


@register(CHECK, RejectCode.DESTINATION_NOT_ENROLLED, side=Side.DESTINATION)
def destination_enrolled(asked: Question) -> object:
    enrolled = asked.record.enrolled_on
    if enrolled is None or enrolled > asked.on:
        return _("The person is not enrolled at the destination yet.")
    if not asked.record.paying:
        return _("No contribution has been paid at the destination yet.")
    return None


@register(CHECK, RejectCode.RESIDENT_CURRENT_YEAR, side=Side.DESTINATION)
def resident_enrolled_for_next_year(asked: Question) -> object:
    both = {asked.application.scheme_from, asked.application.scheme_to}
    if both != {Scheme.RESIDENT}:
        return None
    submitted = localdate(asked.application.submitted_at)
    year = asked.record.cover_year
    if year is None or year <= submitted.year:
        return _(
            "Between resident schemes a transfer is possible once the person is enrolled at the "
            "destination for %(year)s."
        ) % {"year": submitted.year + 1}
    return None


@register(CHECK, RejectCode.IDENTITY_MISMATCH)
def identity_agrees(asked: Question) -> object:
    person = asked.application.person
    try:
        identity.parse(person.id_number, on=asked.on)
    except identity.IdentityError:
        return _("The identity number is not valid.")
    if not asked.record.id_number:
        return _("Your own record names no identity number yet.")
    for side, record in asked.records.items():
        if record.id_number and identity.normalise(record.id_number) != person.id_number:
            return _(
                "The identity number on record at the %(side)s differs from the application."
            ) % {"side": side.label}
        if record.name and record.name != asked.application.applicant_name:
            return _("The name on record at the %(side)s differs from the application.") % {
                "side": side.label
            }
    return None


@register(CHECK, RejectCode.OPEN_APPLICATION_EXISTS, overridable=False)
def no_other_open_application(asked: Question) -> object:
    # Two open applications of one road the database refuses; here, the same relation on its way to
    # two places. The later one waits, so that nobody can hold up a case by handing in another.
    mine = asked.application
    other = TransferApplication.objects.filter(
        person=mine.person_id,
        scheme_from=mine.scheme_from,
        origin=mine.origin_id,
        state__in=OPEN,
        pk__lt=mine.pk,
    ).first()
    if other is not None:
        return _("Another application of this person is open: %(reference)s.") % {
            "reference": other.reference
        }
    return None


@register(CHECK, RejectCode.SAME_POOL, overridable=False)
def pools_differ(asked: Question) -> object:
    if asked.application.origin_id == asked.application.destination_id:
        return _("Origin and destination are the same pool; there is nothing to transfer.")
    return None


@register(CHECK, RejectCode.USE_OFFLINE_CHANNEL)
def connected_or_certified(asked: Question) -> object:
    mine = asked.application
    if mine.certificate_number:
        return None
    apart = [
        region
        for region in (mine.origin, mine.destination)
        if not resolve(region, localdate(mine.submitted_at)).connected
    ]
    if apart:
        return _(
            "%(place)s is not connected to the platform: the number of the enrolment certificate "
            "is needed."
        ) % {"place": apart[0].name}
    return None


@register(CHECK, RejectCode.MATERIALS_INCOMPLETE)
def materials_complete(asked: Question) -> object:
    mine = asked.application
    handed_in = {material.kind for material in mine.materials.all()}
    needed = materials_for(
        mine, (mine.origin_id, mine.destination_id), localdate(mine.submitted_at)
    )
    missing = [str(MaterialKind(row.kind).label) for row in needed if row.kind not in handed_in]
    if missing:
        return _("Materials are missing: %(materials)s.") % {"materials": "、".join(missing)}
    return None
