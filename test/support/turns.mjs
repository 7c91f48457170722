// Loaded before the controller (node --import): measures how long its event loop stands still at most. On SIGUSR2 it
// writes the longest turn since the last time, in milliseconds, into the file that TURNS names.
import { writeFileSync } from 'node:fs'

let last = performance.now()
let longest = 0
setInterval(() => {
  const now = performance.now()
  longest = Math.max(longest, now - last - 5)
  last = now
}, 5).unref()
process.on('SIGUSR2', () => {
  writeFileSync(process.env.TURNS, `${longest}`)
  longest = 0
})
