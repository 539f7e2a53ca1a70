"""The campaign over every message type of every directory: ``make mutations``. Prints its table as Markdown and, with ``--write``, puts it into docs/check-quality.md."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from pathlib import Path
from random import Random

from tests.directory.mutations import MUTATIONS
from tests.directory.mutations.campaign import Campaign, Tally, all_directories, samples

PAGE = Path(__file__).resolve().parents[3] / "docs" / "check-quality.md"
BEGIN, END = "<!-- begin of what make mutations writes -->\n", "<!-- end of what make mutations writes -->\n"


def run(directory: str, seed: int, mutations: int, most_types: int | None) -> Campaign:
    """One directory: every message type, spoilt in so many ways, of which each has its turn."""
    rng, campaign, left = Random(f"{directory} {seed}"), Campaign(), list[str]()
    for sample in samples(rng, [directory], most_types):
        while len(left) < mutations:
            left += rng.sample(sorted(MUTATIONS), len(MUTATIONS))
        for _ in campaign.run(rng, sample, left[:mutations]):
            pass
        del left[:mutations]
    return campaign


def table(total: Campaign, directories: int) -> str:
    def row(name: str, tally: Tally) -> str:
        found, code, place = (f"{100 * count / tally.tried:.1f}" for count in (tally.found, tally.code, tally.place))
        return f"| {name} | {tally.tried:,} | {found} | {code} | {place} | {tally.otherwise:,} | {tally.findings / tally.tried:.2f} |"

    rows = [row(name, tally) for name, tally in total.tallies.items() if tally.tried]
    return "\n".join(
        [
            f"{total.samples:,} valid interchanges from {directories} directories, of which {total.refused:,} were refused; "
            f"{total.total().tried:,} spoilt ones of {len(rows)} kinds.",
            "",
            "| what was done | tried | found % | right code % | right place % | read otherwise | findings |",
            "|---|---|---|---|---|---|---|",
            *rows,
            row("**all**", total.total()),
            "",
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.directory.mutations", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutations", type=int, default=4, metavar="N", help="of each message type's sample (default 4)")
    parser.add_argument("--types", type=int, default=None, metavar="N", help="of each directory (default all)")
    parser.add_argument("--write", action="store_true", help="put the table into docs/check-quality.md")
    options = parser.parse_args()
    directories, total = all_directories(), Campaign()
    with multiprocessing.Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        jobs = [pool.apply_async(run, (name, options.seed, options.mutations, options.types)) for name in directories]
        for name, job in zip(directories, jobs, strict=True):
            total.add(job.get())
            sys.stderr.write(f"{name}: {total.total().tried:,} so far\n")
    text = table(total, len(directories))
    sys.stdout.write(text)
    if options.write:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(before + BEGIN + text + END + rest.partition(END)[2])
    return 0 if total.total().found == total.total().tried else 1


if __name__ == "__main__":
    raise SystemExit(main())
