"""Can a stranger tell, by time or answer, a reference that exists from one that does not?

Run with ``python -m tests.bench.bench_lookup [tries of each kind] [--light]``. It makes a database of
its own. So many look-ups with a wrong code against so many of references that do not exist, in random
order, through the whole of Django with real password hashing. Each comes from an address of its own and
names a reference of its own, so that nobody has to wait. Printed, now and then and at the end: whether
status, headers and body (but for the form's token) were the same, and the medians of both kinds with
their gap. The gap is set beside what halves of the same kind differ by: less than that is chance. ``--light`` hashes with MD5: the half second
of hashing is the same work for both kinds, and without it a small gap in the rest would show. Processor
time is printed beside the time on the clock, for machines that do other work meanwhile.
"""

import random
import re
import statistics
import sys
import time

from tests.bench.bench_sweep import database

TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]+"')

EVERY = 200  # look-ups between two reports

Seconds = dict[str, list[float]]
Answers = dict[str, set[tuple[object, ...]]]


def main(tries: int) -> None:
    from django.test import Client

    from tests import factories
    from transfers.workflow.query_codes import hash_code

    cases = factories.applications(tries, query_code_hash=hash_code("ABCD2345"))
    for number, case in enumerate(cases):
        case.reference = f"ZY20250924-{number:07d}"
        case.save(update_fields=["reference"])
    asked = [("wrong code", case.reference) for case in cases]
    asked += [("no such reference", f"ZY20250923-{number:07d}") for number in range(tries)]
    random.Random(5).shuffle(asked)

    clock: Seconds = {"wrong code": [], "no such reference": []}
    work: Seconds = {"wrong code": [], "no such reference": []}
    answers: Answers = {"wrong code": set(), "no such reference": set()}
    Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR="198.51.100.1").post(
        "/status/", {"reference": "ZY", "code": "WARM2345"}
    )
    for number, (kind, reference) in enumerate(asked):
        address = f"10.{number // 65536}.{number // 256 % 256}.{number % 256}"
        client = Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR=address)
        began, busy = time.perf_counter(), time.process_time()
        answer = client.post("/status/", {"reference": reference, "code": "WRNG2345"})
        clock[kind].append(time.perf_counter() - began)
        work[kind].append(time.process_time() - busy)
        assert answer.status_code == 200, answer.status_code
        headers = tuple(
            sorted(pair for pair in answer.items() if pair[0] not in ("Set-Cookie", "Expires"))
        )
        body = TOKEN.sub(b"", answer.content).replace(reference.encode(), b"")
        answers[kind].add((answer.status_code, headers, body))

        if (number + 1) % EVERY == 0 and number + 1 < len(asked):
            print(f"after {number + 1} of {len(asked)}:")
            report(answers, clock, work)
    print(f"after all {len(asked)}:")
    report(answers, clock, work)


def report(answers: Answers, clock: Seconds, work: Seconds) -> None:
    print("  answers of each kind:", {kind: len(found) for kind, found in answers.items()})
    print("  same status, headers and body:", answers["wrong code"] == answers["no such reference"])
    for name, seconds in (("clock", clock), ("processor", work)):
        wrong, unknown = (statistics.median(found) * 1000 for found in seconds.values())
        print(
            f"  {name:10} wrong code {wrong:9.3f} ms, no such reference {unknown:9.3f} ms,"
            f" gap {wrong - unknown:+.3f} ms, ratio {wrong / unknown:.4f};"
            f" halves of one kind differ by {_chance(seconds['wrong code']) * 1000:.3f} ms",
            flush=True,
        )


def _chance(seconds: list[float]) -> float:
    """What the medians of two random halves of the same tries usually differ by."""
    rng = random.Random(7)
    found = [rng.sample(seconds, len(seconds)) for _round in range(200)]
    return statistics.median(
        abs(statistics.median(each[::2]) - statistics.median(each[1::2])) for each in found
    )


if __name__ == "__main__":
    numbers = [each for each in sys.argv[1:] if each.isdigit()]
    with database():
        if "--light" in sys.argv:
            from django.conf import settings

            settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        main(int(numbers[0]) if numbers else 500)
