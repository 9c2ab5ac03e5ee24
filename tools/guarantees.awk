# A file that keeps a promise says so in its first line ("// G4, link 3: ..."), and docs/guarantees.md names it (`inbox/lanes`)
# in a line or below a heading with that G; and the other way round. Arguments: sources, then docs/guarantees.md.
function stem(path) { sub(/^src\//, "", path); sub(/\.[ch]pp$/, "", path); return path }
function red(file, what) { printf "%s: %s\n", file, what; bad = 1 }

FNR == 1 { doc = FILENAME ~ /\.md$/ }

!doc {
  if (FNR == 1) {
    all[stem(FILENAME)] = 1
    if ($0 ~ /^\/\/ G[1-7]/) {
      promise = $0; sub(/:.*/, "", promise)
      while (match(promise, /G[1-7]/)) {
        kept[stem(FILENAME) " " substr(promise, RSTART, 2)] = FILENAME
        promise = substr(promise, RSTART + 2)
      }
    }
  }
  next
}

/^#/ { section = $0 }
{
  line = $0; promises = section " " $0
  while (match(line, /`[^`]*`/)) {
    name = stem(substr(line, RSTART + 1, RLENGTH - 2)); line = substr(line, RSTART + RLENGTH)
    if (!(name in all)) continue
    for (g = 1; g <= 7; g++) if (promises ~ "G" g) { named[name " G" g] = 1; any[name] = 1 }
  }
}

END {
  for (key in kept) if (!(key in named)) { split(key, part, " "); red(kept[key], "keeps " part[2] ", but docs/guarantees.md does not name it there") }
  for (key in kept) { split(key, part, " "); keeper[part[1]] = 1 }
  for (name in any) if (!(name in keeper)) red("docs/guarantees.md", "names " name ", whose first line keeps no promise")
  exit bad
}
