# shellcheck shell=bash
# Configure and build within what this machine has.
room_for() {  # MEGABYTES FOLDER WHAT: says so when the disk is low
  local free
  free=$(df -Pm "$2" | awk 'NR == 2 {print $4}')
  if [ "$free" -lt "$1" ]; then say "LOW DISK: $free MB free below $2, $3 may need $1 MB"; fi
}

memory_mb() {  # what is free, or what a container leaves, whichever is less
  local free limit used
  free=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)
  limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
  used=$(cat /sys/fs/cgroup/memory.current 2>/dev/null || echo 0)
  if [ "$limit" != max ] && [ $(((limit - used) / 1048576)) -lt "$free" ]; then free=$(((limit - used) / 1048576)); fi
  echo "$free"
}

jobs_for_memory() {  # 1.5 GB a job, no more than cores
  local by_memory cores
  by_memory=$(($(memory_mb) / 1500)) cores=$(nproc)
  if [ "$by_memory" -lt 1 ]; then by_memory=1; fi
  echo $((by_memory < cores ? by_memory : cores))
}

configure() {  # PRESET
  local log=build/$1.configure.log
  mkdir -p build
  # shellcheck disable=SC2154  # child is set in steps.sh, which dev reads first
  "${child[@]}" cmake --preset "$1" >"$log" 2>&1 </dev/null || { cat "$log" >&2; fail 1 "cmake could not configure preset $1"; }
}

build() {  # PRESET TARGET...
  local preset=$1 jobs
  shift
  if [ ! -f "build/$preset/build.ninja" ]; then configure "$preset"; fi
  jobs=$(jobs_for_memory)
  step "Building ${*:-all} ($preset, $jobs at a time)"
  if [ "$(memory_mb)" -lt 1500 ]; then say "LOW MEMORY: $(memory_mb) MB free, a big file may need 1500 MB"; fi
  room_for 2000 . "the build"
  local started=$SECONDS
  if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
    "${child[@]}" ninja -C "build/$preset" -j "$jobs" "$@" >&2
  else
    "${child[@]}" ninja -C "build/$preset" -j "$jobs" "$@" </dev/null 2>&1 | ninja_progress
  fi || fail 1 "the build failed"
  say "built in $((SECONDS - started)) s"
}

ninja_progress() {  # "[7/91] Building ..." becomes a line each 10 %; what compilers say is shown as it is
  local line
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\]\ (.*) ]]; then progress "${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}"
    elif [[ $line != "ninja: Entering"* ]]; then printf '%s\n' "$line" >&2; fi
  done
}
