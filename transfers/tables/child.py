"""The process in which `confined` reads a table: file in, rows or the reason why not out, as JSON."""

import json
import resource
import sys

from .confined import CPU_SECONDS, MEMORY
from .problems import TableProblem
from .reading import read


def main() -> int:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # it writes to a pipe, never to a file
    answer: dict[str, object]
    try:
        content, most_rows = sys.stdin.buffer.read(), int(sys.argv[1])
        rows = read(content, formulas="--formulas" in sys.argv, most_rows=most_rows)
        answer = {"rows": [[row.number, row.cells] for row in rows]}
    except TableProblem as found:
        answer = {"problem": found.code, "values": found.values}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
