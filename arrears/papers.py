"""Papers of the arrears office that no longer hold, though no newer paper has taken their place."""

from transfers.models.papers import Paper

from .models import ArrearsCase, TakenBack
from .rules.states import QUOTED


def no_longer_holds(paper: Paper) -> bool:
    """A receipt whose payment was taken back; a quote of which there is a newer one, or nothing is owed."""
    if paper.kind == Paper.Kind.PAYMENT_RECEIPT:
        number = paper.content["body"]["number"]
        return TakenBack.objects.filter(
            payment__case__reference=paper.about, payment__number=number
        ).exists()
    if paper.kind == Paper.Kind.ARREARS_QUOTE:
        case = ArrearsCase.objects.filter(reference=paper.about).first()
        if case is None or case.state not in QUOTED:
            return True
        return case.quotes.filter(version__gt=paper.content["body"]["version"]).exists()
    return False
