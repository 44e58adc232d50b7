#!/usr/bin/env bash
# The first hour of somebody who has just built lockstep: the commands that the README teaches, on a
# copy of a scenario in a folder of their own, mistakes included. Each step says what it does, ends
# with the exit code that the README's table gives it, and shows what a newcomer would look for.

set -euo pipefail

usage() {
  cat <<'TEXT'
Usage: tests/newcomer.sh [LOCKSTEP [SCENARIO]]

Runs the program LOCKSTEP (default: build/release/lockstep) on a copy of SCENARIO (default:
scenarios/smoke/picsou.json) in a temporary folder. Prints each step; ends with 1 at the first that
goes otherwise than the README says, and shows what was printed.
TEXT
}

case "${1:-}" in
  --help | -h) usage; exit 0 ;;
esac

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
lockstep="$(realpath "${1:-$root/build/release/lockstep}")"
scenario="$(realpath "${2:-$root/scenarios/smoke/picsou.json}")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"

# step WHAT CODE PATTERN COMMAND...: runs the command, which is to end with CODE and to print a line
# that matches PATTERN, on standard output or as an error.
step() {
  local what="$1" wanted="$2" pattern="$3" code=0
  shift 3
  "$@" >out.txt 2>err.txt || code=$?
  if [ "$code" -ne "$wanted" ] || ! grep -qhE -e "$pattern" out.txt err.txt; then
    echo "newcomer: $what: FAILED" >&2
    echo "  $*" >&2
    echo "  exit code $code, wanted $wanted and a line that matches: $pattern" >&2
    head -n 40 out.txt err.txt >&2
    exit 1
  fi
  echo "newcomer: $what"
}

# --- What is this? ---
step "the program alone shows its commands" 0 '^ +run ' "$lockstep"
step "and so does --help" 0 '^ +sweep ' "$lockstep" --help
step "help for one command" 0 '\-\-trace' "$lockstep" help run
step "its version" 0 'lockstep' "$lockstep" --version
step "what protocols there are" 0 'picsou' "$lockstep" list protocols
step "what there is to measure, as data" 0 '"name"' "$lockstep" list metrics --json
step "a word of the field" 0 'acknowledge' "$lockstep" explain QUACK
step "a word with a slip" 2 'did you mean|nothing|no ' "$lockstep" explain QUACKK

# --- A scenario of one's own ---
cp "$scenario" mine.json
step "the copy is good where it lies" 0 'mine.json: good' "$lockstep" validate mine.json
step "a run of it" 0 'holds' "$lockstep" run mine.json
step "from a pipe" 0 'good' bash -c "cat mine.json | '$lockstep' validate -"
step "as data" 0 '"verdict": "holds"' "$lockstep" run mine.json --json
step "a larger cluster" 0 'holds' "$lockstep" run mine.json --set /clusters/0/size=7 \
  --set /clusters/0/budget/u=2 --set /run/for=300ms
step "a value that means nothing" 2 '/clusters/0/size' "$lockstep" run mine.json \
  --set /clusters/0/size=none
step "a slip in a name" 2 'did you mean' "$lockstep" run mine.json --set /run/warmupp=1ms
sed 's/"run":/"run"/' mine.json >broken.json
step "a colon that is missing, by line and column" 2 'broken.json:[0-9]+:[0-9]+' \
  "$lockstep" validate broken.json
step "a file that is not there" 2 'nowhere.json' "$lockstep" run nowhere.json
step "a flag that is not there" 2 'fastt' "$lockstep" run mine.json --fastt

# --- Something breaks, and one looks at it ---
crash='{"id": "first", "crash": {"target": "a3"}, "at": "250ms"}'
step "a crash, and its trace" 0 'first' "$lockstep" run mine.json --set /faults/-="$crash" \
  --trace crash.jsonl
step "judged again from the trace" 0 'holds' "$lockstep" check crash.jsonl
step "what b3 delivered, in words" 0 'b3' "$lockstep" trace crash.jsonl --kind delivered --node b3
step "another seed" 0 'holds' "$lockstep" run mine.json --seed 8 --trace other.jsonl.zst
step "two traces differ" 10 'differ' "$lockstep" compare crash.jsonl other.jsonl.zst
sed '2s/[0-9]/7/' crash.jsonl >forged.jsonl
cmp -s crash.jsonl forged.jsonl && sed '2s/[0-9]/8/' crash.jsonl >forged.jsonl
step "a trace that was edited is refused" 2 'forged.jsonl' "$lockstep" check forged.jsonl

# --- A run fails ---
liars='/faults/-={"id": "liars", "lie_ack": {"target": ["b1", "b2"], "mode": "inf"}}'
step "more liars than the budget has" 2 'negative_control' "$lockstep" run mine.json --set "$liars"
step "which is to be said" 3 'violated' "$lockstep" run mine.json --set "$liars" \
  --set /negative_control=true
step "what happened when they lied" 3 '^>>> .* Q of ' "$lockstep" replay mine.json --set "$liars" \
  --set /negative_control=true --seed 5
step "as small as it gets" 0 '^without liars: ' "$lockstep" shrink mine.json --set "$liars" \
  --set /negative_control=true --seed 5 -o small.json
step "which fails by itself" 3 'violated' "$lockstep" run small.json

# --- A sweep ---
cat >mine-sweep.json <<'JSON'
{"lockstep_sweep": 1, "name": "first sweep", "why": "How loss costs.",
 "scenario": "mine.json", "set": {"/run/for": "100ms", "/run/warmup": "20ms"},
 "axes": [{"name": "n", "at": ["/clusters/0/size", "/clusters/1/size"], "values": [4, 5]}],
 "seeds": 2}
JSON
step "what the sweep would be" 0 '4 runs|runs: 4|2 points' "$lockstep" sweep mine-sweep.json --dry-run
step "the sweep" 0 'runs' "$lockstep" sweep mine-sweep.json --out first.sqlite
step "again does not destroy it" 2 'first.sqlite' "$lockstep" sweep mine-sweep.json --out first.sqlite
step "going on finds all done" 0 'runs' "$lockstep" sweep mine-sweep.json --out first.sqlite --resume
step "its results" 0 'n ' "$lockstep" results first.sqlite
step "an answer to SQL" 0 '^4,' "$lockstep" results first.sqlite --csv \
  --sql "select n, delivered_per_s from summary"
step "a line of them, as data" 0 'delivered' "$lockstep" plot first.sqlite --x n \
  --y delivered_per_s --csv
step "a picture for any renderer" 0 'vega' "$lockstep" plot first.sqlite --x n \
  --y delivered_per_s --spec
step "rates of the run with the crash" 0 'a -> b,published' "$lockstep" plot crash.jsonl --csv
step "how to make one run again" 0 'run ' "$lockstep" results first.sqlite --reproduce 1
step "which does so" 0 'holds' bash -c "$(cat out.txt)"
step "compared with itself nothing moved" 0 'no|nothing|same' \
  "$lockstep" compare first.sqlite first.sqlite

# --- Rounds, histories, fuzzing, maps ---
cp "$root/scenarios/faults/chora-pause.json" pause.json
step "a leader pauses" 0 'holds' "$lockstep" run pause.json --trace pause.jsonl
step "which rounds broke, and why" 0 'sender_stall' "$lockstep" rounds pause.jsonl \
  --cause sender_stall --from 500 --to 700
printf '%s\n' '{:process 0, :type :invoke, :f :write, :value 1}' \
  '{:process 0, :type :ok, :f :write, :value 1}' '{:process 1, :type :invoke, :f :read, :value nil}' \
  '{:process 1, :type :ok, :f :read, :value 2}' >history.edn
step "a history of another system that is not linearizable" 3 'read' \
  "$lockstep" check --linearizable history.edn --model register
step "regressions, each with two fresh seeds" 0 'passed' "$lockstep" regress \
  "$root/scenarios/faults/chora-pause.json" "$root/scenarios/regressions/rated-log-clock-step.json" \
  --fresh 2 --seed 50 --junit regress.xml
step "ten clusters in bad company" 0 '10' "$lockstep" fuzz chora --seed 1 --runs 10
printf 'graph { a -- b [rate="10Gbps", delay="1ms"]; b -- c [rate="1Gbps", delay="2ms"]; }\n' >map.dot
step "a map" 0 'b - c' "$lockstep" topology map.dot

echo "newcomer: all steps went as the README says"
