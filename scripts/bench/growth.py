"""Speed against batch, width, depth and threads: JSON, and the picture for the documentation.

Usage: growth.py BUILD_DIR [--json FILE] [--picture FILE.svg|.png]
"""
import argparse
import json
import os
import pathlib

from contestants import BUILD, ROOT, execute, machine, say


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path, default=BUILD / "growth.json")
    parser.add_argument("--picture", type=pathlib.Path, default=ROOT / "docs/images/growth.svg")
    options = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    most = min(2, len(os.sched_getaffinity(0)))
    threads = [str(n) for n in range(1, most + 1)]
    run = execute([options.build / "bin" / "percept_growth", options.picture, *threads],
                  dict(os.environ, OMP_NUM_THREADS=str(most)), show_errors=True, limit=3600)
    options.json.write_text(json.dumps({
        "machine": machine(most), "others": run["others"], "growth": json.loads(run["text"])}) + "\n")
    say(f"the figures are in {options.json}, the picture is {options.picture}")


if __name__ == "__main__":
    main()
