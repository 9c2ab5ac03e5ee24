# shellcheck shell=bash
# How dev speaks, and how it keeps what it starts from outliving it.
export LC_ALL=C.UTF-8
step_number=0 step_total=1

steps() { step_total=$1; }

step() {
  step_number=$((step_number + 1))
  local bold='' plain=''
  if [ -t 2 ]; then bold=$'\e[1m' plain=$'\e[0m'; fi
  printf '%s[%d/%d] %s%s\n' "$bold" "$step_number" "$step_total" "$*" "$plain" >&2
}

say() { printf '      %s\n' "$*" >&2; }

fail() {  # CODE WORDS
  printf 'dev: %s\n' "${*:2}" >&2
  exit "$1"
}

# progress DONE TOTAL WORDS: one line that moves on a terminal, a line each 10 % elsewhere.
progress_shown=-1
progress() {
  if [ "$2" -le 0 ]; then return; fi
  local percent=$(($1 * 100 / $2))
  if [ -t 2 ]; then
    printf '\r\e[K      %3d %% %.60s' "$percent" "$3" >&2
    if [ "$1" -ge "$2" ]; then printf '\n' >&2; fi
  elif [ $((percent / 10)) -gt "$progress_shown" ]; then
    progress_shown=$((percent / 10))
    say "$percent % ($1 of $2)"
  fi
}

# A child is sent SIGTERM when this script dies, however it dies; its environment says whose it is.
started() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
DEV_RUN_OF="$PWD:$$:$(started $$)"
export DEV_RUN_OF
# It stands before a program, not in a function: a shell in between would be the parent that has to die.
# shellcheck disable=SC2034  # used in dev, build.sh and packages.sh
child=(setpriv --pdeathsig TERM --)

# What a dev of this checkout started that is no more: only the kernel's word on pid and start time counts.
end_orphans() {
  local environ mark pid owner
  while IFS= read -r environ; do
    mark=$({ tr "\0" "\n" <"$environ" | grep -m1 "^DEV_RUN_OF=$PWD:"; } 2>/dev/null) || continue
    owner=${mark#"DEV_RUN_OF=$PWD:"} pid=${environ//[^0-9]/}
    if [ "$(started "${owner%%:*}")" != "${owner##*:}" ]; then
      say "ending process $pid, left by a dev that was broken off"
      kill "$pid" 2>/dev/null || true
    fi
  done < <(grep -lsa "DEV_RUN_OF=$PWD:" /proc/[0-9]*/environ)
}
