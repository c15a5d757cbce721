#!/usr/bin/env bash
# The one door to building ZephyrML on Linux and macOS (Windows: build.cmd). See usage() below.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

usage() {
  cat <<'U'
usage: ./build.sh COMMAND [options]
  restore      choose the packages (the real ones, or stand-ins where the feed lacks them), install what building needs, build
  quickstart   run the whole recipe on a synthetic weather desk; results in artifacts/quickstart   [--seed N] [--teacher URL --model NAME]
  test         run all tests; ends with a line "N passed, N failed"                                [a filter, as of dotnet test --filter]
  soak         the tests with the full counts (kill loops, fuzzing, long runs)
  bench        the benchmarks: ratios measured in one run; all, or one: training, decoding, loading, tokenizing, teacher, rouge
  base         pretrain the quickstart's small base model anew
  parity       hold the library against reference results of Hugging Face's stack: every fixture.json below FOLDER...
  apicheck     compare the stand-ins' public surface with the real packages' (must print 0)
environment: ZephyrStack=packages|standins overrides the choice; ZephyrBackend=cpu|cuda-windows|cuda-linux
U
}

say() { printf '\033[1m%s\033[0m\n' "$*" >&2; }

# ---- which packages -------------------------------------------------------------------------------------------------
choose_stack() {
  mkdir -p artifacts
  if [ -n "${ZephyrStack:-}" ]; then say "ZephyrStack=$ZephyrStack (from the environment)"; return; fi
  if [ ! -f artifacts/stack.props ]; then
    local why
    if dotnet restore eng/probe/Probe.csproj -v q >artifacts/probe.log 2>&1; then
      record_stack packages "the feed carries Microsoft.ML and TorchSharp"
    elif why=$(grep -m1 -oE 'NU110[12]: Unable to find package [A-Za-z.-]*( with version \([^)]*\))?' artifacts/probe.log); then
      record_stack standins "the feed lacks the pinned packages: ${why#*: }"
    else
      cat artifacts/probe.log >&2
      say "The probe of the package feed failed for another reason than a missing package (above). Mend it, or set ZephyrStack=packages or ZephyrStack=standins."
      exit 1
    fi
  fi
  ZephyrStack=$(sed -n 's:.*<ZephyrStack>\(.*\)</ZephyrStack>.*:\1:p' artifacts/stack.props)
  say "ZephyrStack=$ZephyrStack: $(sed -n 's:.*<!-- \(.*\) -->.*:\1:p' artifacts/stack.props)"
}
record_stack() {
  printf '<Project>\n  <!-- %s -->\n  <PropertyGroup>\n    <ZephyrStack>%s</ZephyrStack>\n  </PropertyGroup>\n</Project>\n' "$2" "$1" >artifacts/stack.props.new
  mv artifacts/stack.props.new artifacts/stack.props
}

# ---- what building the stand-ins needs: a compiler and the distribution's libtorch ------------------------------------
install_prerequisites() {
  command -v dotnet >/dev/null || { say "The .NET 10 SDK is missing: https://dotnet.microsoft.com/download"; exit 1; }
  [ "$ZephyrStack" = standins ] || return 0
  local missing=()
  command -v g++ >/dev/null || missing+=(g++)
  [ -e /usr/include/torch/csrc/api/include/torch/version.h ] || [ -e /usr/include/torch/version.h ] || missing+=(libtorch-dev)
  dpkg -s libopenblas0-pthread >/dev/null 2>&1 || missing+=(libopenblas0-pthread)
  [ ${#missing[@]} -eq 0 ] && return 0
  local sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  if ! command -v apt-get >/dev/null; then say "The stand-ins need ${missing[*]}; install them with your distribution's package manager."; exit 1; fi
  say "Installing ${missing[*]} (what the TorchSharp stand-in computes with)"
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >artifacts/apt.log || { tail -20 artifacts/apt.log >&2; exit 1; }
}

setup() { choose_stack; install_prerequisites; export ZephyrStack; }
build() { setup; say "Building"; dotnet build ZephyrML.sln -c Release -v q -clp:NoSummary; }

# ---- commands ---------------------------------------------------------------------------------------------------------
run_tests() {
  build
  local results=artifacts/test-results; rm -rf "$results"; mkdir -p "$results"
  local filter=(); [ $# -gt 0 ] && filter=(--filter "$1")
  local status=0
  dotnet test ZephyrML.sln -c Release --no-build -v q --logger "console;verbosity=minimal" --logger trx --results-directory "$results" "${filter[@]}" || status=$?
  eng/count-tests.sh "$results" "$status"
}

apicheck() {
  setup
  [ "$ZephyrStack" = standins ] || { say "apicheck compares stand-ins; the stack is $ZephyrStack"; return 0; }
  local dlls=() name
  for name in standins/*/; do
    name=$(basename "$name"); [ -f "standins/$name/$name.csproj" ] || continue
    dotnet build "standins/$name/$name.csproj" -c Release -v q -clp:NoSummary
    dlls+=("standins/$name/bin/Release/net10.0/$name.dll")
  done
  dotnet run --project eng/ApiCheck -c Release -v q -- check eng/api "${dlls[@]}"
}

command=${1:-}; [ $# -gt 0 ] && shift
case "$command" in
  restore)    build ;;
  quickstart) build; exec dotnet run -c Release --no-build --project examples/Quickstart -- "$@" ;;
  base)       build; exec dotnet run -c Release --no-build --project examples/PretrainBase -- "$@" ;;
  test)       run_tests "$@" ;;
  soak)       export ZEPHYR_SOAK=1; run_tests "$@" ;;
  bench)      build; eng/bench.sh "$@" ;;
  parity)     build; exec dotnet run -c Release --no-build --project tests/ZephyrML.Parity -- "$@" ;;
  apicheck)   apicheck ;;
  *)          usage; [ -z "$command" ] || [ "$command" = help ] || [ "$command" = --help ] || exit 2 ;;
esac
