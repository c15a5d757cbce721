#!/usr/bin/env bash
# Training speed as ratios measured in one run: ZephyrML and plain PyTorch (baseline/train.py, the same libtorch) in turn on the same token rows.
# usage: bench.sh [SHAPE] [TURNS]      PyTorch side only where python3-torch is installed and the yardstick script is at hand (BASELINE=path/to/train.py)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec dotnet run -c Release --no-build --project benchmarks/ZephyrML.Benchmarks -- "$@"
