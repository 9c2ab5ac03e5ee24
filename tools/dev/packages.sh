# shellcheck shell=bash
# Debian 12 packages by stage, and how they come onto the machine.
packages_of() {  # STAGE: one a line
  local demo=(g++ cmake ninja-build libssl-dev libsqlite3-dev libfmt-dev libspdlog-dev libcli11-dev libtomlplusplus-dev
              prometheus-cpp-dev libboost1.81-dev libboost-json1.81-dev libpq-dev librabbitmq-dev librdkafka-dev)
  local servers=("${demo[@]}" postgresql rabbitmq-server)
  local java=(openjdk-17-jre-headless maven)
  local test=("${servers[@]}" "${java[@]}" kcat libgtest-dev libgmock-dev librapidcheck-dev libboost-context1.81-dev pkg-config
              shellcheck clang-format-19 libpqxx-dev pgbouncer python3 python3-venv python3-pika docker-compose prometheus systemd)
  case $1 in
    demo) printf '%s\n' "${demo[@]}" ;;
    servers) printf '%s\n' "${servers[@]}" ;;
    kafka) printf '%s\n' "${demo[@]}" postgresql "${java[@]}" ;;
    test) printf '%s\n' "${test[@]}" ;;
    long) printf '%s\n' "${test[@]}" maven unzip xz-utils debootstrap ;;
    bench) printf '%s\n' "${test[@]}" wrk ;;
    lint) printf '%s\n' "${test[@]}" clang-tidy-19 ;;
    *) fail 2 "no such stage: $1 (demo, servers, kafka, test, long, bench, lint)" ;;
  esac
}

missing_packages() {
  local status
  status=$(dpkg-query -W -f '${Package} ${Status}\n' "$@" 2>/dev/null || true)
  local package
  for package in "$@"; do
    grep -qxF "$package install ok installed" <<<"$status" || echo "$package"
  done
}

install_packages() {  # STAGE
  local wanted missing
  wanted=$(packages_of "$1")
  mapfile -t wanted <<<"$wanted"
  command -v apt-get >/dev/null || { step "No apt here; these Debian packages are needed: ${wanted[*]}"; return 0; }
  mapfile -t missing < <(missing_packages "${wanted[@]}")
  if [ ${#missing[@]} -eq 0 ]; then step "Packages: all there"; fetch_servers "$1"; return 0; fi
  step "Installing ${#missing[@]} packages: ${missing[*]}"
  become_root "${missing[@]}"
  room_for 1500 / "the packages"
  mkdir -p build
  say "log: build/apt.log"
  : >build/apt.log
  # A repository that is down may not be one of those needed.
  apt_get -o APT::Update::Error-Mode=any update || say "apt-get update had trouble, going on with the lists that are there"
  hold_services
  apt_get install -y --no-install-recommends "${missing[@]}" || name_the_failed "${missing[@]}"
  release_services
  fetch_servers "$1"
}

kafka_jars() { echo "${HOLDFAST_KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/kafka-3.9.2}"; }
have_kafka() { [ -n "${HOLDFAST_KAFKA_JARS:-}" ] || [ -e "$(kafka_jars)/complete" ]; }

# Kafka is no Debian package: Maven brings its jars, once for this user. Where it cannot, the tests on Kafka are left out and said to be.
fetch_servers() {  # STAGE
  case $1 in kafka | test | long | bench | lint) ;; *) return 0 ;; esac
  local jars
  jars=$(kafka_jars)
  if have_kafka; then return 0; fi
  say "fetching Kafka's jars (47 MB) to $jars; log: build/kafka.log"
  mkdir -p build "$jars"
  local try
  for try in 1 2 3; do
    # shellcheck disable=SC2154  # child is set in steps.sh, which dev reads first
    if "${child[@]}" mvn -q -B -Dstyle.color=never -f tools/dev/kafka.xml dependency:copy-dependencies -DincludeScope=runtime \
      -DoutputDirectory="$jars" >build/kafka.log 2>&1 </dev/null; then
      touch "$jars/complete"
      return 0
    fi
    if [ "$try" -lt 3 ]; then say "Maven failed, trying again in 5 s: $(grep -m1 -E "ERROR|FATAL" build/kafka.log)"; sleep 5; fi
  done
  local report=say
  if [ "$1" = kafka ]; then report="fail 3"; fi
  $report "Kafka's jars could not be fetched: $(grep -m1 -E "ERROR|FATAL" build/kafka.log)
  All of it is in build/kafka.log. They may also be put into a folder by hand: HOLDFAST_KAFKA_JARS names it."
}

# The tests start private servers. Debian's packages would start system services as well, and make a database cluster: that is
# held off while they are installed, and what was set before is set afterwards.
policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf units=/lib/systemd/system
held=() new_units=()
hold_services() {
  local unit
  held=() new_units=()
  for unit in pgbouncer.service prometheus.service rabbitmq-server.service epmd.service epmd.socket logrotate.timer getty@.service \
    remote-fs.target systemd-pstore.service; do
    if [ ! -e $units/$unit ]; then new_units+=("$unit"); fi
  done
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null
    "${as_root[@]}" chmod +x $policy
    held+=("$policy")
  fi
  if [ ! -e $cluster ]; then
    "${as_root[@]}" mkdir -p ${cluster%/*}
    echo 'create_main_cluster = false' | "${as_root[@]}" tee $cluster >/dev/null
    held+=("$cluster")
  fi
  trap release_services EXIT
}

release_services() {
  local file unit
  for file in "${held[@]}"; do
    "${as_root[@]}" rm -f "$file"
    if [ "$file" = $cluster ] && [ -e /usr/share/postgresql-common/createcluster.conf ]; then
      "${as_root[@]}" cp /usr/share/postgresql-common/createcluster.conf $cluster
    fi
  done
  held=()
  for unit in "${new_units[@]}"; do
    if [ -e "$units/$unit" ]; then "${as_root[@]}" systemctl --no-reload disable "$unit" >/dev/null 2>&1 || true; fi
  done
  new_units=()
}

become_root() {  # sets as_root: nothing for root, else sudo, which may ask once
  as_root=()
  if [ "$(id -u)" -eq 0 ]; then return; fi
  as_root=(sudo)
  if sudo -n true 2>/dev/null; then return; fi
  if [ -t 0 ] && command -v sudo >/dev/null && sudo true; then return; fi
  fail 3 "packages are missing and neither root nor sudo is at hand. Run this as root, then try again:
  apt-get update && apt-get install -y --no-install-recommends $*"
}

# Three tries: a mirror stumbles, another apt holds a lock. The log keeps all; the terminal sees how far it is.
apt_get() {
  local try
  for try in 1 2 3; do
    if apt_once "$@"; then return 0; fi
    if [ "$try" -lt 3 ]; then say "apt-get failed, trying again in 5 s: $(last_errors 1)"; sleep 5; fi
  done
  return 1
}

apt_once() {
  local options=(-q -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 -o APT::Color=0 -o Dpkg::Use-Pty=0)
  # shellcheck disable=SC2154  # child is set in steps.sh, which dev reads first
  "${child[@]}" "${as_root[@]}" env LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" "$@" </dev/null 2>&1 |
    tee -a build/apt.log | apt_progress
}

apt_progress() {  # each package is fetched, unpacked, set up
  local line done_lines=0 total=0
  while IFS= read -r line; do
    case $line in
      *" newly installed"*) total=${line%% newly*}; total=$((${total##* } * 3)) ;;
      Get:* | Unpacking* | "Setting up"*) if [ $total -gt 0 ]; then done_lines=$((done_lines + 1)); fi ;;
    esac
    if [ "$done_lines" -le "$total" ]; then progress "$done_lines" "$total" "$line"; fi
  done
}

last_errors() { grep "^[EW]:" build/apt.log | tail -n "$1" | sort -u; }

name_the_failed() {
  local failed
  failed=$(sed -nE "s/^dpkg: error processing (package|archive) ([^ ]*).*/\2/p
                    s/^E: Unable to locate package (.*)/\1/p
                    s/^E: Package .([^ ]*). has no installation candidate/\1/p" build/apt.log | sort -u | tr "\n" " ")
  fail 3 "not installed: ${failed:-$(missing_packages "$@" | tr "\n" " ")}
$(last_errors 4)
  All of it is in build/apt.log."
}
