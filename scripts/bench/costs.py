"""What it costs to develop with percept and with its peers: compiling XOR, the library's size."""
import os
import pathlib
import subprocess
import tempfile

from contestants import ROOT, SOURCES, Absent, execute, libtorch_flags, say, torch_folder


def compile_cost(source, flags):
    """One run of g++ -O2 on a program: {"value": seconds, "mib": peak, "others"}."""
    with tempfile.TemporaryDirectory() as folder:
        run = execute(["g++", "-std=c++20", "-O2", *flags, "-c", source, "-o", f"{folder}/xor.o"],
                      dict(os.environ))
    return {"value": run["wall"], "mib": run["mib"], "others": run["others"]}


def stripped_mib():
    """Size of libpercept.so, stripped: what is installed without oneDNN."""
    folder = ROOT / "build" / "shared"
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja", "-DBUILD_SHARED_LIBS=ON",
                    "-DCMAKE_BUILD_TYPE=Release", "-DPERCEPT_BUILD_TESTS=OFF",
                    "-DPERCEPT_BUILD_APP=OFF", "-DPERCEPT_BUILD_EXAMPLES=OFF",
                    "-DPERCEPT_BUILD_PLOT=OFF", "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"],
                   check=True, capture_output=True)
    say("building the shared library")
    subprocess.run(["ninja", "-C", folder, "percept"], check=True, capture_output=True)
    library = next(path for path in folder.glob("libpercept.so*") if not path.is_symlink())
    with tempfile.TemporaryDirectory() as other:
        subprocess.run(["strip", "-o", f"{other}/library", library], check=True)
        return pathlib.Path(f"{other}/library").stat().st_size / 2**20


def measure(repetitions):
    """The row W8-cost."""
    programs = {
        "percept": (ROOT / "examples" / "xor.cpp", ["-I", ROOT / "include"], None),
        "LibTorch": (SOURCES / "xor_libtorch.cpp", libtorch_flags()[0], torch_folder() / "include"),
        "dlib": (SOURCES / "xor_dlib.cpp", [], pathlib.Path("/usr/include/dlib/dnn.h")),
    }
    entries = {name: {"runs": []} for name in programs}
    for _ in range(repetitions):
        for name, (source, flags, needed) in programs.items():
            try:
                if needed and not needed.exists():
                    raise Absent(f"{name} is not installed")
                entries[name]["runs"].append(compile_cost(source, flags))
                say(f"W8-cost: {name} {entries[name]['runs'][-1]['value']:.2f} s")
            except Absent as reason:
                entries[name]["absent"] = str(reason)
    entries["percept"]["library_mib"] = stripped_mib()
    if torch_folder().exists():
        entries["LibTorch"]["library_mib"] = sum(
            (torch_folder() / "lib" / name).stat().st_size / 2**20
            for name in ("libtorch.so", "libtorch_cpu.so", "libc10.so", "libgomp.so.1")
            if (torch_folder() / "lib" / name).exists())
    return {"title": "W8: compiling the XOR program (g++ -O2)", "unit": "s",
            "more_is_better": False, "entries": entries}
