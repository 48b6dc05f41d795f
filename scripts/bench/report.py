"""What `./dev bench peers` and `./dev bench growth` found, as Markdown tables.

Usage: report.py FILE.json...   writes the tables into the marked blocks of README.md and
docs/performance.md; of a row that several files have, the last one's is taken.
"""
import json
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PHASES = ("gather", "forward", "loss", "backward", "update")


def number(value):
    """Three digits that count, thousands apart."""
    if value >= 100:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def values(entry, field="value"):
    return [run[field] for run in entry["runs"] if field in run]


def best(row, entry):
    return (max if row["more_is_better"] else min)(values(entry))


def is_peer(name):
    return not name.startswith("percept") and name != "limit"


def best_peer(row, only=""):
    """The peer with the best repetition, whose name begins with `only`: (name, value) or None."""
    found = [(best(row, entry), name) for name, entry in row["entries"].items()
             if is_peer(name) and name.startswith(only) and entry["runs"]]
    if not found:
        return None
    value, name = (max if row["more_is_better"] else min)(found)
    return name, value


def times(row, ours, other):
    """How many times better `ours` is than `other`."""
    return ours / other if row["more_is_better"] else other / ours


def median(row, name="percept", field="value"):
    """Of a row that was measured; None where it was not."""
    entry = row["entries"].get(name, {"runs": []}) if row else {"runs": []}
    return statistics.median(values(entry, field)) if values(entry, field) else None


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|---|" + "---:|" * (len(header) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def row_table(row):
    """One row's contestants: median, range, and how percept's median compares with their best."""
    fields = [("accuracy", "accuracy", statistics.mean, ".4f"), ("p99", "p99", statistics.median, ".1f"),
              ("library_mib", "library MiB", None, ".1f"), ("mib", "peak MiB", statistics.median, ".0f")]
    entries = row["entries"]
    fields = [field for field in fields
              if any(field[0] in e or values(e, field[0]) for e in entries.values())]
    ours, lines = median(row), []
    for name, entry in entries.items():
        if not entry["runs"]:
            lines.append([name, "absent: " + entry.get("absent", "not run")] +
                         [""] * (2 + len(fields)))
            continue
        found = values(entry)
        line = [name + (" (differs)" if "differs" in entry else ""),
                number(statistics.median(found)), f"{number(min(found))} .. {number(max(found))}",
                "" if name.startswith("percept") or ours is None
                else f"{times(row, ours, best(row, entry)):.2f}"]
        for field, _, mean, form in fields:
            if field in entry:
                line.append(format(entry[field], form))
            else:
                line.append(format(mean(values(entry, field)), form) if values(entry, field) else "")
        lines.append(line)
    return table([row["unit"], "median", "range", "percept / its best"] +
                 [field[1] for field in fields], lines)


def goals(rows):
    """(what, goal, found or None, met or None) of every figure to meet."""
    def ratio(key, name="percept", against=None, only=""):
        row, other = rows.get(key), rows.get(against or key)
        peer = best_peer(other, only) if other else None
        ours = median(row, name)
        return times(row, ours, peer[1]) if ours is not None and peer else None

    def of_limit(key):
        row = rows.get(key)
        limit = row["entries"]["limit"] if row else {"runs": []}
        ours = median(row)
        return 100 * times(row, ours, best(row, limit)) if ours and limit["runs"] else None

    def accuracy_gap(key, name, other_key, other):
        ours, theirs = (values(rows[k]["entries"][n], "accuracy") if k in rows else []
                        for k, n in ((key, name), (other_key, other)))
        seeds = min(len(ours), len(theirs))
        gap = abs(statistics.mean(ours[:seeds]) - statistics.mean(theirs[:seeds])) if seeds else None
        return None if gap is None else 100 * gap

    f32, bf16 = "W1-64-f32", "W1-64-bf16"
    seven, cost = rows.get("W7"), rows.get("W8-cost")
    tail, middle = median(seven, field="p99"), median(seven)
    at_least, at_most = (lambda a, b: a >= b), (lambda a, b: a <= b)
    listed = [
        ("W1 batch 64 f32, times the best peer", 1.5, at_least, ratio(f32)),
        ("W1 batch 64 f32, % of the limit", 90, at_least, of_limit(f32)),
        ("W1 batch 64 bf16, times the best peer in bf16", 1.8, at_least, ratio(bf16)),
        ("W1 batch 64 bf16, times the best peer in f32", 3, at_least, ratio(bf16, against=f32)),
        ("W1 batch 256 f32, times the best peer", 1.3, at_least, ratio("W1-256-f32")),
        ("W1 batch 1024 f32, times the best peer", 1.1, at_least, ratio("W1-1024-f32")),
        ("accuracy f32, points from PyTorch's mean", 0.3, at_most,
         accuracy_gap(f32, "percept", f32, "PyTorch")),
        ("accuracy bf16, points from PyTorch's mean in f32", 0.3, at_most,
         accuracy_gap(bf16, "percept", f32, "PyTorch")),
        ("accuracy bf16, points from percept's mean in f32", 0.3, at_most,
         accuracy_gap(bf16, "percept", f32, "percept")),
        ("W2 f32, times PyTorch's quickstart", 4, at_least, ratio("W2")),
        ("W2 bf16, times PyTorch's quickstart", 6, at_least, ratio("W2", "percept, bf16")),
        ("W3, times dlib", 1, at_least, ratio("W3", only="dlib")),
        ("W3 compiled, us", 1, at_most, median(rows.get("W3"), "percept, compiled")),
        ("W7, times LibTorch", 2, at_least, ratio("W7", only="LibTorch")),
        ("W7, us", 20, at_most, middle),
        ("W7, p99 / median", 2, at_most, tail / middle if middle else None),
        ("W8 compile XOR, s", 2, at_most, median(cost)),
        ("W8 compile XOR, MiB", 300, at_most, median(cost, field="mib")),
        ("W8 start to first gradient, ms", 10, at_most, median(rows.get("W8-start"))),
        ("W8 library without oneDNN, MiB", 8, at_most,
         cost["entries"]["percept"].get("library_mib") if cost else None),
        ("W1 batch 64 f32, peak MiB", 120, at_most, median(rows.get(f32), field="mib")),
    ]
    return [(what, ("at least " if test is at_least else "at most ") + f"{goal:g}", found,
             None if found is None else test(found, goal)) for what, goal, test, found in listed]


def goals_table(rows):
    return table(["figure", "goal", "measured", "met"], [
        [what, goal, "not measured" if found is None else number(found),
         {None: "", True: "yes", False: "no"}[met]] for what, goal, found, met in goals(rows)])


def phases_table(row):
    names = [name for name, entry in row["entries"].items() if entry["runs"]]
    return table(["microseconds", *names], [
        [phase, *(f"{median(row, name, phase):.0f}" for name in names)] for phase in PHASES] + [
        ["together", *(f"{median(row, name):.0f}" for name in names)]])


def machine_line(results):
    m = results["machine"]
    line = (f"{m['date']}, commit {m['commit']}, {m['processor']} ({', '.join(m['instructions'])}), "
            f"{m['threads']} threads of {m['cores']} cores, g++ {m['compiler']}, "
            f"PyTorch {m['PyTorch']}, JAX {m['JAX']}, dlib {m['dlib']}, oneDNN {m['oneDNN']}.")
    others = [results["others"]] if "others" in results else [
        share for row in results["rows"].values() for entry in row["entries"].values()
        for share in values(entry, "others")]
    if others:
        mean, most = statistics.mean(others), max(others)
        line += f" Other programs used {mean:.2f} cores meanwhile (at most {most:.2f})."
        if mean > 0.1:
            line += " **The machine was busy: these figures do not count.**"
    if results.get("quick"):
        line += " **Quick run: these figures do not count.**"
    return line


def machine_lines(results):
    """The machine's line; of several runs one each, with the rows it measured last."""
    runs = results.get("runs", [results])
    if len(runs) == 1:
        return machine_line(runs[0])
    rows = results["rows"]
    return "\n\n".join(
        ", ".join(key for key, row in run["rows"].items() if row is rows.get(key)) + ": " +
        machine_line(run) for run in runs)


def text(results):
    """All of a run."""
    parts = [machine_lines(results)]
    for key, row in results["rows"].items():
        parts.append(f"**{row['title']}** ({row['unit']})\n\n" +
                     (phases_table(row) if key == "step" else row_table(row)))
    return "\n\n".join([*parts, "**Figures to meet**\n\n" + goals_table(results["rows"])])


def summary(results):
    """The README's table: percept beside the best peer of each row."""
    lines = []
    for key, row in results["rows"].items():
        peer, ours = best_peer(row), median(row)
        if key == "step" or peer is None or ours is None:
            continue
        shown = " ".join(row["title"].split(": ")[1:])
        lines.append([f"{shown} ({row['unit']})", number(ours), f"{peer[0]} {number(peer[1])}",
                      f"{times(row, ours, peer[1]):.1f}"])
    return machine_lines(results) + "\n\n" + table(
        ["median of percept, best run of the best peer", "percept", "peer", "times better"], lines)


def growth(results):
    """The picture, and of the powers of two a line a size and a column a number of threads."""
    parts = [machine_line({**results, "rows": {}}), "![GFLOP/s of a step](images/growth.svg)"]
    for name, points in results["growth"].items():
        threads = sorted({point["threads"] for point in points})
        lines = []
        for size in sorted({point["size"] for point in points}):
            if int(size) & (int(size) - 1):
                continue
            at = {p["threads"]: p for p in points if p["size"] == size}
            lines.append([str(int(size)), *(number(at[t]["samples_per_s"]) for t in threads),
                          *(number(at[t]["gflop_per_s"]) for t in threads)])
        parts.append(table([name, *(f"samples/s, {t} thr." for t in threads),
                            *(f"GFLOP/s, {t} thr." for t in threads)], lines))
    return "\n\n".join(parts)


def fill(path, blocks):
    """Writes each text between <!-- bench:NAME --> and <!-- /bench:NAME --> of the file."""
    page = path.read_text()
    for name, content in blocks.items():
        pattern = rf"(<!-- bench:{name} -->\n).*?(<!-- /bench:{name} -->)"
        page, found = re.subn(pattern, lambda m: m[1] + content + "\n" + m[2], page, flags=re.S)
        if found:
            print(f"{path.relative_to(ROOT)}: bench:{name}")
    path.write_text(page)


def main(files):
    peers, blocks = None, {}
    for file in files:
        results = json.loads(pathlib.Path(file).read_text())
        if "growth" in results:
            blocks["growth"] = growth(results)
        elif peers is None:
            peers = results
        else:
            peers = {"runs": [*peers.get("runs", [peers]), results],
                     "rows": {**peers["rows"], **results["rows"]}}
    if peers:
        blocks["peers"] = text({**peers, "rows": {k: r for k, r in peers["rows"].items()
                                                  if k != "step"}})
        blocks["summary"] = summary(peers)
        if "step" in peers["rows"]:
            blocks["step"] = phases_table(peers["rows"]["step"])
    for page in (ROOT / "README.md", ROOT / "docs" / "performance.md"):
        fill(page, blocks)


if __name__ == "__main__":
    main(sys.argv[1:])
