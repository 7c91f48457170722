/** Lists of field names, shortened as ovs-ofctl does: neighbours that begin alike are one, `eth_{src,dst,type}`. */

/** Neighbours from `from` on that begin with the same word and an underscore: how many. */
function alike(names: readonly string[], from: number, prefix: string): number {
  let count = 0
  while (names[from + count]?.startsWith(prefix)) count++
  return count
}

/** Neighbours that are numbered one after the other: `reg0`, `reg1`. */
function numbered(names: readonly string[], from: number): number {
  const found = /^(.*?)(\d+)$/.exec(names[from]!)
  if (found === null) return 1
  let count = 1
  while (names[from + count] === `${found[1]}${Number(found[2]) + count}`) count++
  return count
}

/** `tun_{id,src,dst} reg0...reg15`; names are joined by blanks, those inside of braces by commas. */
export function shortened(names: readonly string[], separator = ' '): string {
  const out: string[] = []
  for (let at = 0; at < names.length; ) {
    const name = names[at]!
    const end = name.indexOf('_') + 1
    const same = end === 0 ? 1 : alike(names, at, name.slice(0, end))
    const run = numbered(names, at)
    if (same > 1 && same >= run) {
      const rests = names.slice(at, at + same).map((one) => one.slice(end))
      out.push(`${name.slice(0, end)}{${shortened(rests, ',')}}`)
      at += same
    } else if (run > 2) {
      out.push(`${name}...${names[at + run - 1]}`)
      at += run
    } else {
      out.push(name)
      at++
    }
  }
  return out.join(separator)
}
