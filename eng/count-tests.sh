#!/usr/bin/env bash
# Sums the counters of the runs' own result files (*.trx) and prints "N passed, N failed[, N skipped]".
# usage: count-tests.sh RESULTS_FOLDER STATUS_OF_THE_RUN     exits non-zero on any failure, or when no test ran
set -euo pipefail
shopt -s nullglob
passed=0 failed=0 skipped=0
for trx in "$1"/*.trx; do
  counters=$(grep -m1 -o '<Counters [^>]*>' "$trx")
  get() { sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p" <<<"$counters"; }
  total=$(get total) executed=$(get executed) p=$(get passed)
  passed=$((passed + p)); failed=$((failed + executed - p)); skipped=$((skipped + total - executed))
done
status=$2
if [ "$passed" -eq 0 ] && [ "$failed" -eq 0 ]; then echo "no test ran" >&2; status=1; fi
[ "$failed" -eq 0 ] || status=1
line="$passed passed, $failed failed"; [ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
echo "$line"
exit "$status"
