# Microseconds of the works in the JSON files of DeviceBenchmark and pytorch.py, side by side, as Markdown; and the speed
# of memory, of those that it limits.
{
  text = $0
  while (match(text, /"[^"]*":([-+0-9.eE]+|\{)/)) {
    item = substr(text, RSTART, RLENGTH)
    text = substr(text, RSTART + RLENGTH)
    if (item ~ /\{$/) { kind = substr(item, 2, length(item) - 4); continue }
    cut = match(item, /":[-+0-9.eE]+$/)
    name = substr(item, 2, cut - 2)
    value = substr(item, cut + 2)
    if (!(name in known)) { names[++count] = name; known[name] = 1 }
    if (kind == "gigabytes") moved[name] = value
    else if (kind == "compiled") compiled[name] = value
    else if (FILENAME ~ /tenrec-[^\/]*$/) tenrec[name] = value
    else pytorch[name] = value
  }
}
function us(of) { return of == "" ? "-" : sprintf("%.1f", of) }
function ratio(a, b) { return a == "" || b == "" ? "-" : sprintf("%.2f", a / b) }
function pace(time, gigabytes) { return time == "" || gigabytes == "" ? "-" : sprintf("%.0f", gigabytes * 1e6 / time) }
END {
  print "| work | Tenrec, us | PyTorch, us | compiled, us | speed of Tenrec to PyTorch | to compiled | Tenrec, GB/s | PyTorch, GB/s |"
  print "|---|---:|---:|---:|---:|---:|---:|---:|"
  for (i = 1; i <= count; i++) {
    n = names[i]
    printf "| %s | %s | %s | %s | %s | %s | %s | %s |\n", n, us(tenrec[n]), us(pytorch[n]), us(compiled[n]), \
      ratio(pytorch[n], tenrec[n]), ratio(compiled[n], tenrec[n]), pace(tenrec[n], moved[n]), pace(pytorch[n], moved[n])
  }
}
