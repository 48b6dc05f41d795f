"""percept's own benchmarks of two commits, or of two files of results.

Usage: compare.py A B [--rounds N] [--filter REGEX]
A and B are commits, "." for the work tree as it is, or JSON files written by `./dev bench`. Each
commit is built in a folder of its own, and the two programs run in turn. "beyond noise" is said where
every run of one side is faster than every run of the other and their medians differ by 3 % or more:
with five rounds chance alone does that to one benchmark in 126 that did not change.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
NANOSECONDS = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}


def git(*arguments):
    done = subprocess.run(["git", "-C", ROOT, *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"bench: git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def build(what):
    """The benchmark program of a commit, or of the work tree."""
    if what == ".":
        source, folder = ROOT, ROOT / "build" / "bench"
    else:
        commit = git("rev-parse", "--verify", f"{what}^{{commit}}")
        source = ROOT / "build" / "compare" / commit[:12]
        folder = source / "build" / "bench"
        if not source.exists():
            archive = subprocess.run(["git", "-C", ROOT, "archive", commit], check=True,
                                     capture_output=True).stdout
            source.mkdir(parents=True)
            subprocess.run(["tar", "-x", "-C", source], input=archive, check=True)
    print(f"bench: building {what} in {folder}", file=sys.stderr)
    for command in (["cmake", "-S", source, "-B", folder, "-G", "Ninja",
                     "-DCMAKE_BUILD_TYPE=Release", "-DPERCEPT_BUILD_BENCH=ON",
                     "-DPERCEPT_BUILD_TESTS=OFF", "-DPERCEPT_BUILD_EXAMPLES=OFF",
                     "-DPERCEPT_BUILD_APP=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"],
                    ["ninja", "-C", folder, "percept_bench"]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"bench: {what} does not build:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return folder / "bin" / "percept_bench"


def quantities(results):
    """{"BM_step_mlp/64/real_time": [ns, ...], "BM_memory MiB": [MiB, ...]} of Google's JSON."""
    found = {}
    for one in results["benchmarks"]:
        if one.get("run_type") == "aggregate" or one.get("error_occurred"):
            continue
        name = one["run_name"]
        found.setdefault(name, []).append(one["real_time"] * NANOSECONDS[one["time_unit"]])
        if "MiB" in one:
            found.setdefault(name + " MiB", []).append(one["MiB"])
    return found


def run_in_turn(programs, rounds, pattern):
    """What every side took, over `rounds` rounds that each begin with the other side."""
    sides = [{}, {}]
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(rounds):
            for side in ((0, 1), (1, 0))[turn % 2]:
                file = pathlib.Path(folder) / "results.json"
                subprocess.run([programs[side], f"--benchmark_filter={pattern}",
                                "--benchmark_min_time=0.1", f"--benchmark_out={file}"], check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for name, found in quantities(json.loads(file.read_text())).items():
                    sides[side].setdefault(name, []).extend(found)
            print(f"bench: round {turn + 1} of {rounds}", file=sys.stderr)
    return sides


def shown(name, value):
    if name.endswith(" MiB"):
        return f"{value:.1f}"
    unit = next(unit for unit in ("s", "ms", "us", "ns")
                if value >= NANOSECONDS[unit] or unit == "ns")
    return f"{value / NANOSECONDS[unit]:.3g} {unit}"


def verdict(a, b):
    """What the runs of both sides allow to say."""
    if len(a) < 4 or len(b) < 4:
        return "too few runs to tell"
    ratio = statistics.median(b) / statistics.median(a)
    apart = max(b) < min(a) or max(a) < min(b)
    if not apart or abs(ratio - 1) < 0.03:
        return ""
    return "beyond noise: " + ("less" if ratio < 1 else "MORE")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--filter", default=".", help="only benchmarks whose name matches")
    options = parser.parse_args()
    names = [options.a, options.b]
    files = [name.endswith(".json") for name in names]
    if any(files) and not all(files):
        raise SystemExit("bench: compare two commits or two JSON files, not one of each")
    if all(files):
        sides = [quantities(json.loads(pathlib.Path(name).read_text())) for name in names]
    else:
        sides = run_in_turn([build(name) for name in names], options.rounds, options.filter)

    both = [name for name in sides[0] if name in sides[1]]
    width = max(map(len, both), default=0)
    print(f"{'median':<{width}} {'A':>10} {'B':>10} {'B / A':>7}")
    for name in both:
        a, b = sides[0][name], sides[1][name]
        middle = statistics.median(a), statistics.median(b)
        print(f"{name:<{width}} {shown(name, middle[0]):>10} {shown(name, middle[1]):>10} "
              f"{middle[1] / middle[0]:>7.3f}  {verdict(a, b)}".rstrip())
    for side, other, label in ((sides[0], sides[1], "A"), (sides[1], sides[0], "B")):
        for name in side:
            if name not in other:
                print(f"only in {label}: {name}")


if __name__ == "__main__":
    main()
