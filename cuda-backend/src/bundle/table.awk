# Microseconds of the works in the JSON files of DeviceBenchmark and pytorch.py, side by side, as Markdown.
{
  text = $0
  while (match(text, /"[^"]*":[-+0-9.eE]+/)) {
    item = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    cut = match(item, /":[-+0-9.eE]+$/)
    name = substr(item, 2, cut - 2)
    value = substr(item, cut + 2)
    if (!(name in first)) { names[++count] = name; first[name] = "" }
    if (FILENAME ~ /tenrec-[^\/]*$/) first[name] = value; else second[name] = value
  }
}
END {
  print "| work | Tenrec, us | PyTorch, us | speed of Tenrec to PyTorch |\n|---|---|---|---|"
  for (i = 1; i <= count; i++) {
    n = names[i]
    if (n in second) printf "| %s | %.1f | %.1f | %.2f |\n", n, first[n], second[n], second[n] / first[n]
    else printf "| %s | %.1f | - | - |\n", n, first[n]
  }
}
