#!/usr/bin/env bash
# Benchmarks: ratios measured in one run, never in a test.  usage: bench.sh [NAME [OPTIONS]]      without a name: all of them, in turn
#   training     tokens/s of dSFT and dDPO, and plain PyTorch on the same rows in turn, where python3-torch and the yardstick script are at hand (BASELINE=path/to/train.py)
#   decoding     tokens/s of batch 1 and 16, against the model without a cache and against the memory's bandwidth (a 10M shape, and MODEL=folder where it is there)
#   loading      GB/s of weights against a plain file read          tokenizing   MB/s against a plain file read (TOKENIZER=folder, TEXT=file)
#   teacher      calls/s against the ideal of concurrency / latency  rouge       the ROUGE-L filter over 100,000 texts
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
shared=../shared
BASELINE=${BASELINE:-$shared/baseline/train.py}
MODEL=${MODEL:-$shared/models/smollm2-135m-instruct}
TOKENIZER=${TOKENIZER:-$shared/fixtures/tokenizers/mistral-v1}
TEXT=${TEXT:-$shared/data/wikitext2/test.txt.gz}
run() { dotnet run -c Release --no-build --project benchmarks/ZephyrML.Benchmarks -- "$@"; }

# As ours sets it for itself, so that both compute with the same library in the same way.
if grep -qs avx512f /proc/cpuinfo; then export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}"; fi
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

training() {
  local shape=10m rows python candidate
  rows=$(mktemp --suffix=.jsonl)
  for candidate in python3 /usr/bin/python3; do   # another Python may stand before the distribution's, which has its torch
    if "$candidate" -c 'import torch' 2>/dev/null; then python=$candidate; break; fi
  done
  if [ -f "$BASELINE" ] && [ -n "${python:-}" ]; then
    local task same=(--batch 4 --steps 8 --warmup 2)
    for task in sft dpo; do
      "$python" "$BASELINE" --task "$task" --shape "$shape" --write-rows "$rows" >/dev/null
      echo "PyTorch:"; "$python" "$BASELINE" --task "$task" --shape "$shape" --rows "$rows" "${same[@]}"
      echo "ZephyrML:"; run training --task "$task" --shape "$shape" --rows "$rows" "${same[@]}" "$@"
    done
  else
    echo "(no PyTorch or no yardstick script here: ZephyrML alone)"; run training --shape "$shape" --variants "$@"
  fi
  rm -f "$rows"
}
[ $# -gt 0 ] && [ "$1" != training ] && { run "$@"; exit; }
[ $# -gt 0 ] && { shift; if [ $# -gt 0 ]; then run training "$@"; else training; fi; exit; }
for name in decoding loading tokenizing teacher rouge training; do
  echo "== $name"
  case $name in
    decoding)   run decoding --shape 10m; [ ! -d "$MODEL" ] || run decoding --folder "$MODEL" ;;
    tokenizing) if [ -e "$TOKENIZER" ] && [ -f "$TEXT" ]; then run tokenizing --tokenizer "$TOKENIZER" --text "$TEXT"; else echo "(no tokenizer or text at hand: TOKENIZER=folder TEXT=file)"; fi ;;
    training)   training ;;
    *)          run "$name" ;;
  esac
done
