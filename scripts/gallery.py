#!/usr/bin/env python3
"""Trains gallery entries, and lessons that have a full size, one after the other, and writes the results
into docs/gallery.md: ./dev gallery [NAME...] [--seed N]. Rows of entries that are not run stay."""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "gallery.md"
HEAD = """# The gallery at full size

`percept lesson gallery/NAME` trains a reduced size within seconds; so does `percept lesson
deep-features`. `--full` trains the whole, however long; these are its results on data held out of
training, written here by `./dev gallery [NAME...]`. Seconds are those of the whole entry, with its checks
and comparisons, and depend on what else the machine does.

| entry | results | seed | seconds | threads | date | machine |
|---|---|---|---|---|---|---|
"""


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def machine():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return f"{line.split(':')[1].strip()}, {os.cpu_count()} cores"
    return platform.machine()


def shown(value):
    return str(int(value)) if value == int(value) else f"{value:.4g}"


def results(table):
    """Each row of the lesson's table 'result' in words: its column of words names the rows."""
    [names] = [values for values in table.values() if isinstance(values[0], str)]
    return "; ".join(
        f"{name}: " + ", ".join(f"{column} {shown(values[i])}" for column, values in table.items()
                                if values is not names)
        for i, name in enumerate(names))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="entries, without gallery/; by default all")
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/percept"))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    entries = [json.loads(line) for line in output(given.program, "lesson", "list", "--json").splitlines()]
    known = {e["name"].removeprefix("gallery/"): e["name"] for e in entries if "full" in e["options"]}
    unknown = set(given.names) - set(known)
    if unknown:
        parser.error(f"no full size of {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    for name in given.names or known:
        start = time.time()
        lesson = json.loads(output(given.program, "lesson", known[name], "--full", "--json",
                                   "--lang", "en", "--seed", str(given.seed)))
        if lesson["differing"]:
            raise SystemExit(f"{known[name]}: {lesson['differing']} numbers or claims do not hold: "
                             f"{results(lesson['tables']['result'])}")
        cells = [name, results(lesson["tables"]["result"]), given.seed, round(time.time() - start),
                 os.environ.get("PERCEPT_THREADS", os.cpu_count()), datetime.date.today(),
                 machine()]
        row = "| " + " | ".join(str(cell) for cell in cells) + " |"
        kept = {}
        if PAGE.exists():
            for line in PAGE.read_text().splitlines():
                key = line.split("|")[1].strip() if line.startswith("| ") else ""
                if key in known:
                    kept[key] = line
        kept[name] = row
        PAGE.write_text(HEAD + "".join(kept[key] + "\n" for key in known if key in kept))
        print(row)


if __name__ == "__main__":
    main()
