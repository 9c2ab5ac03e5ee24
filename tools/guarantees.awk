# A file that keeps a promise says so in its first line ("// G4, link 3: ..."; every G there counts), and docs/guarantees.md names it
# (`inbox/lanes`) in a line or below a heading with that G; and the other way round. Arguments: sources, then docs/guarantees.md.
function stem(path) { sub(/^src\//, "", path); sub(/\.[ch]pp$/, "", path); return path }
function red(file, what) { printf "%s: %s\n", file, what; bad = 1 }

FNR == 1 { doc = FILENAME ~ /\.md$/ }

!doc {
  if (FNR == 1) {
    all[stem(FILENAME)] = 1
    if (/^\/\//) for (g = 1; g <= 7; g++) if ($0 ~ "G" g) kept[stem(FILENAME) " G" g] = FILENAME
  }
  next
}

/^#/ { section = $0 }
{
  line = $0; promises = section " " $0
  while (match(line, /`[^`]*`/)) {
    name = stem(substr(line, RSTART + 1, RLENGTH - 2)); line = substr(line, RSTART + RLENGTH)
    if (!(name in all)) continue
    for (g = 1; g <= 7; g++) if (promises ~ "G" g) named[name " G" g] = 1
  }
}

END {
  for (key in kept) if (!(key in named)) { split(key, part, " "); red(kept[key], "keeps " part[2] ", but docs/guarantees.md does not name it there") }
  for (key in named) if (!(key in kept)) { split(key, part, " "); red("docs/guarantees.md", "names " part[1] " at " part[2] ", of which its first line says nothing") }
  exit bad
}
