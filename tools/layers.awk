# Reads tools/layers.txt, then every source named on the command line. See tools/layers.
function layer_of(path,   at) {  # longest prefix that is placed
  for (at = path; at != ""; ) {
    if (at in place) return place[at]
    if (!sub(/\/[^\/]*$/, "", at)) return ""
  }
}
function may(from, to,   i, n, names) {  # memo over the closure of `layer` lines
  if (from == to) return 1
  if ((from, to) in known) return known[from, to]
  known[from, to] = 0
  n = split(below[from], names, " ")
  for (i = 1; i <= n; i++) if (may(names[i], to)) known[from, to] = 1
  return known[from, to]
}
function resolve(header,   i) {
  for (i = 1; i <= roots; i++) if ((root[i] header) in exists) return root[i] header
  return ""
}
function red(what) { printf "%s:%d: %s\n", FILENAME, FNR, what; bad = 1 }
function starts(path, prefixes,   i, n, p) {
  n = split(prefixes, p, " ")
  for (i = 1; i <= n; i++) if (index(path "/", p[i] "/") == 1 || index(path, p[i] ".") == 1) return 1
  return 0
}

BEGIN {
  roots = split("include/ src/ ./ services/", root, " "); root[3] = ""
  for (i = 2; i < ARGC; i++) exists[ARGV[i]] = 1
}

FNR == NR {  # layers.txt
  if ($1 == "layer") { name = $2; sub(/:$/, "", name); $1 = $2 = ""; below[name] = $0; layers[name] = 1 }
  if ($1 == "at") place[$2] = $3
  if ($1 == "only") {
    line = $0; sub(/^only /, "", line)
    match(line, /: [^:]*$/)
    text[++rules] = substr(line, 1, RSTART - 1); paths[rules] = substr(line, RSTART + 2)
  }
  next
}

FNR == 1 {
  mine = layer_of(FILENAME)
  if (!(mine in layers)) red("is in no layer: name it in tools/layers.txt")
  public = FILENAME ~ /^include\//
  checked = FILENAME ~ /^(src|cli|services|demo|include)\//
}

/^[ \t]*#[ \t]*include/ {
  header = $0
  if (header ~ /"/ || header ~ /<holdfast\//) {
    gsub(/^[^"<]*["<]|[">].*$/, "", header)
    target = resolve(header)
    if (target == "") red("\"" header "\" is no header of this house (include by room: \"outbox/relay.hpp\")")
    else {
      theirs = layer_of(target)
      open = below[mine] ~ /@public/ && target ~ /^include\// && target !~ /\/detail\//
      if (!open && !may(mine, theirs)) red("\"" header "\" is in layer " theirs ", which layer " mine " must not include")
    }
  } else if (public && header !~ /<[a-z_]+>/ && !(header ~ /<pqxx\// && FILENAME ~ /pqxx\.hpp$/)) red("a public header includes nothing but the standard library and holdfast")
}

checked {
  code = $0
  sub(/(^|[^:])\/\/.*/, "", code)
  for (i = 1; i <= rules; i++)
    if (code ~ text[i] && !starts(FILENAME, paths[i])) red("only " paths[i] " may say: " code)
}

END { exit bad }
