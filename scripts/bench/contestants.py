"""Who takes part in `./dev bench peers`: how each is found, built, started and what it needs.

Only the standard library: a child's peak memory counts that of the process it was started from.
"""
import gzip
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "bench" / "peers"
BUILD = ROOT / "build" / "peers"
PYTHON = ROOT / ".venv" / "bin" / "python"
DATA = pathlib.Path(os.environ.get("PERCEPT_DATA", "/usr/share/datasets/fashion-mnist"))
LIMIT = 600  # seconds a run may take


class Absent(Exception):
    """A contestant cannot take part, and why."""


def say(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def busy_seconds():
    """CPU time all of the machine has spent, that taken by the hypervisor too."""
    fields = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    user, nice, system, _, _, irq, softirq, steal = map(int, fields)
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def execute(command, environment, show_errors=False, limit=LIMIT):
    """Runs a program; what it printed, its seconds to the end and to its first line, its peak
    MiB, and the cores that others used meanwhile. Throws Absent, with why, when it fails."""
    busy, start = busy_seconds(), time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE,
                                 stderr=None if show_errors else errors, env=environment, text=True)
        alarm = signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(limit)
        first = child.stdout.readline()
        first_seconds = time.perf_counter() - start
        text = first + child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, alarm)
        child.stdout.close()
        errors.seek(0)
        lines = errors.read().decode(errors="replace").strip().splitlines()
    seconds = time.perf_counter() - start
    if child.returncode != 0:
        reason = lines[-1] if lines else "no message"
        if "absent: " in reason:
            raise Absent(reason.split("absent: ")[1])
        if child.returncode == -signal.SIGKILL:
            reason = f"stopped after {limit} s"
        raise Absent(f"failed ({child.returncode}): {reason}")
    others = busy_seconds() - busy - usage.ru_utime - usage.ru_stime
    return {"text": text, "wall": seconds, "first_line": first_seconds,
            "mib": usage.ru_maxrss / 1024, "others": max(0.0, others / seconds)}


class Contestant:
    """A program that does the jobs of bench/timing.h."""

    def __init__(self, name, command, prepare=None, environment=None):
        self.name, self.command = name, command
        self._prepare, self._environment = prepare, environment or {}
        self._absent = None

    def prepare(self):
        """Builds it where it has to be built. Throws Absent, and again when asked again."""
        if self._absent is None and self._prepare:
            try:
                self._prepare()
                self._absent = ""
            except Absent as reason:
                self._absent = str(reason)
        if self._absent:
            raise Absent(self._absent)

    def run(self, job, threads):
        """One run: the job's result with "wall", "mib" and "others"."""
        self.prepare()
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PERCEPT_DATA": str(DATA),
                       "MKL_NUM_THREADS": str(threads), **self._environment}
        if threads < len(os.sched_getaffinity(0)):  # the only way to tell JAX
            cores = ",".join(str(core) for core in sorted(os.sched_getaffinity(0))[:threads])
            command = ["taskset", "-c", cores, *self.command, *job]
        else:
            command = [*self.command, *job]
        result = execute(command, environment)
        text = result.pop("text").strip().splitlines()
        return {**result, **json.loads(text[-1])}


def compile_once(name, flags, needs=()):
    """Compiles bench/peers/NAME.cpp into build/peers/NAME unless that is newer than its sources."""
    for path, reason in needs:
        if not path.exists():
            raise Absent(reason)
    source, program = SOURCES / f"{name}.cpp", BUILD / name
    sources = [source, SOURCES / "peer.h", SOURCES.parent / "timing.h"]
    command = ["g++", "-std=c++20", "-O3", "-march=native", source, "-o", program, *flags, "-lz"]
    if program.exists() and all(program.stat().st_mtime > s.stat().st_mtime for s in sources):
        return
    say(f"building {name}")
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if "error" in line or "ld:" in line]
        raise Absent("does not compile: " + (errors or ["no message"])[0])


def need_module(name):
    """Throws Absent where .venv has not this Python module."""
    found = PYTHON.exists() and subprocess.run(
        [PYTHON, "-c", f"import importlib.util, sys; "
         f"sys.exit(importlib.util.find_spec('{name}') is None)"]).returncode == 0
    if not found:
        raise Absent(f"Python module {name} is not installed in .venv")


def torch_folder():
    return next(iter(sorted((ROOT / ".venv" / "lib").glob("python3*/site-packages/torch"))),
                ROOT / ".venv" / "torch")


def libtorch_flags():
    """Compiler and linker flags for the C++ library inside PyTorch's wheel."""
    torch = torch_folder()
    return (["-isystem", torch / "include", "-isystem", torch / "include/torch/csrc/api/include"],
            ["-L", torch / "lib", "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu", "-lc10",
             f"-Wl,-rpath,{torch / 'lib'}"])


def build_libtorch():
    compiler, linker = libtorch_flags()
    compile_once("libtorch", compiler + linker,
                 [(torch_folder() / "include", "PyTorch is not installed in .venv")])


def blas_folder(kind):
    return next(iter(sorted(pathlib.Path("/usr/lib").glob(f"*/{kind}-openmp"))),
                pathlib.Path("/usr/lib") / kind)


def build_dlib(kind):
    """dlib's matrix products are those of the libblas.so.3 it finds first."""
    compile_once("dlib", ["-ldlib", "-l:libblas.so.3", "-l:liblapack.so.3"],
                 [(pathlib.Path("/usr/include/dlib/dnn.h"), "Debian's libdlib-dev is not installed"),
                  (blas_folder(kind), f"Debian's OpenMP build of {kind} is not installed")])


def build_limit():
    compile_once("limit", ["-ffast-math", "-fopenmp", "-I", ROOT / "src", "-ldnnl"],
                 [(pathlib.Path("/usr/include/oneapi/dnnl/dnnl.hpp"), "oneDNN is not installed")])


def contestants(build):
    """Everybody by name; `build` is the build folder of percept_figures."""
    percept = build / "bin" / "percept_figures"
    pytorch = [PYTHON, SOURCES / "pytorch.py"]
    quickstart = [PYTHON, SOURCES / "quickstart_pytorch.py", BUILD]

    def dlib(kind, shown):
        return Contestant(f"dlib, {shown}", [BUILD / "dlib"], lambda: build_dlib(kind),
                          {"LD_LIBRARY_PATH": str(blas_folder(kind))})
    everybody = [
        Contestant("percept", [percept, "eager"]),
        Contestant("percept, compiled", [percept, "compiled"]),
        Contestant("PyTorch", [*pytorch, "eager"], lambda: need_module("torch")),
        Contestant("PyTorch, channels last", [*pytorch, "channels_last"], lambda: need_module("torch")),
        Contestant("PyTorch, compiled", [*pytorch, "compiled"], lambda: need_module("torch"),
                   {"TORCHINDUCTOR_COMPILE_THREADS": "1"}),  # no workers that go on compiling
        Contestant("PyTorch, 0 workers", [*quickstart, "0"], lambda: need_module("torchvision")),
        Contestant("PyTorch, 2 workers", [*quickstart, "2"], lambda: need_module("torchvision")),
        Contestant("LibTorch", [BUILD / "libtorch"], build_libtorch),
        Contestant("JAX", [PYTHON, SOURCES / "jax_xla.py"], lambda: need_module("jax")),
        dlib("blis", "BLIS"),
        dlib("openblas", "OpenBLAS"),
        Contestant("limit", [BUILD / "limit"], build_limit),
    ]
    return {contestant.name: contestant for contestant in everybody}


NETWORKS = ("lenet5", "cnn", "lstm", "transformer")


def weights(seed):
    """The files all start from for this seed, made by PyTorch, by network."""
    paths = {kind: BUILD / f"{kind}-{seed}.safetensors" for kind in ("classifier", "tiny", *NETWORKS)}
    if not all(path.exists() for path in paths.values()):
        need_module("safetensors")
        subprocess.run([PYTHON, SOURCES / "pytorch.py", "weights", BUILD, str(seed)], check=True,
                       env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL)
    return paths


def unpack_for_torchvision():
    """torchvision reads the pictures uncompressed."""
    folder = BUILD / "FashionMNIST" / "raw"
    folder.mkdir(parents=True, exist_ok=True)
    for path in DATA.glob("*.gz"):
        target = folder / path.stem
        if not target.exists():
            with gzip.open(path) as source, open(target, "wb") as file:
                shutil.copyfileobj(source, file)


def machine(threads):
    """What was measured on, for the record."""
    def version(command, pattern=r"(\S+)"):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
        found = re.search(pattern, done.stdout)
        return found.group(1) if done.returncode == 0 and found else "absent"
    info = pathlib.Path("/proc/cpuinfo").read_text()
    flags = set(re.search(r"^flags\s*: (.*)$", info, re.M).group(1).split()) \
        if "flags" in info else set()
    models = re.findall(r"^model name\s*: (.*)$", info, re.M) or [platform.machine()]
    modules = {name: version([PYTHON, "-c", f"import importlib.metadata as m; "
                              f"print(m.version('{name}'))"]) for name in ("torch", "jax")}
    return {
        "date": time.strftime("%Y-%m-%d %H:%M", time.gmtime()) + " UTC",
        "commit": version(["git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10"]),
        "processor": models[0], "cores": os.cpu_count(), "threads": threads,
        "instructions": [f for f in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if f in flags],
        "kernel": platform.release(), "compiler": version(["g++", "--version"], r"(\d+\.\d+\.\d+)"),
        "PyTorch": modules["torch"], "JAX": modules["jax"],
        "dlib": version(["dpkg-query", "-W", "-f", "${Version}", "libdlib-dev"]),
        "oneDNN": version(["dpkg-query", "-W", "-f", "${Version}", "libdnnl-dev"]),
    }
