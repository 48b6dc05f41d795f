#!/usr/bin/env python3
"""Compares percept with PyTorch; `./dev parity` builds and calls it.

  ./dev parity [--seed S] [--cases N]      operations, modules, optimisers, state dicts, 200 losses
  ./dev parity --epochs 5 [--seeds 5]      only the test accuracy after so many epochs

Exit 1 on any difference.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile

import torch

import recurrent
import state_dict
import training
from generate import generate
from registry import OPERATIONS


def tests(build, names, **environment):
    """1 when one of percept's tests fails, else 0."""
    done = subprocess.run([build / "bin/percept_tests", f"--gtest_filter={names}", "--gtest_brief=1"],
                          env={**os.environ, **{key: str(value) for key, value in environment.items()}})
    return int(done.returncode != 0)


def everything(build, work, seed, cases):
    count = generate(seed, cases, work / "operations")
    print(f"parity: {count} cases of {len(OPERATIONS)} operations", flush=True)
    different = tests(build, "Parity.*", PERCEPT_PARITY_DIR=work / "operations")
    optim = pathlib.Path(__file__).with_name("optim.py")
    subprocess.run([sys.executable, optim, "--seed", str(seed), "--out", work / "optim.json"], check=True)
    different += tests(build, "Recorded*:*Scheduler*", PERCEPT_PARITY_OPTIM=work / "optim.json")
    modules = recurrent.generate(seed, max(20, 2 * cases), work / "recurrent")
    different += tests(build, "Parity.Recurrent*", PERCEPT_PARITY_RECURRENT=work / "recurrent")
    torch.manual_seed(seed)
    different += state_dict.check(build / "bin/percept_parity", work / "state_dict")
    with tempfile.TemporaryDirectory(dir=work) as folder:
        different += training.check_losses(build / "bin/percept_parity", pathlib.Path(folder), seed)
    print(f"parity: {count} cases of {len(OPERATIONS)} operations, optimisers and schedulers, "
          f"{modules} recurrent modules, "
          f"{len(state_dict.NETWORKS)} networks both ways, {3 * training.BATCHES} training losses")
    return different


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, help="drawn and printed when not given")
    parser.add_argument("--cases", type=int, default=20, help="random cases an operation")
    parser.add_argument("--epochs", type=int, help="compare test accuracies instead")
    parser.add_argument("--seeds", type=int, default=5, help="of the initial weights, with --epochs")
    root = pathlib.Path(__file__).resolve().parents[2]
    build = pathlib.Path(os.environ.get("PERCEPT_BUILD", root / "build/release")).resolve()
    args = parser.parse_args()
    work = build / "parity"
    work.mkdir(parents=True, exist_ok=True)
    if args.epochs:
        different = training.check_accuracy(build / "bin/percept_parity", work / "training",
                                            args.epochs, args.seeds)
    else:
        seed = args.seed if args.seed is not None else random.SystemRandom().randrange(10**6)
        print(f"parity: PyTorch {torch.__version__}, seed {seed}", flush=True)
        different = everything(build, work, seed, args.cases)
    print("parity: percept and PyTorch agree" if not different else
          f"parity: {different} differences", flush=True)
    return int(different != 0)


if __name__ == "__main__":
    sys.exit(main())
