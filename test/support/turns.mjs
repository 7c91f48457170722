// Loaded before the controller (node --import): measures how long its event loop stands still at most. On SIGUSR2 it
// writes the longest turn since the last time, in milliseconds, and the most processor time that the process took in one,
// into the file that TURNS names. The second tells what it does itself where other processes take its turns from it.
import { writeFileSync } from 'node:fs'

const processor = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
let last = performance.now()
let spent = processor()
let longest = 0
let most = 0
setInterval(() => {
  const now = performance.now()
  const sum = processor()
  longest = Math.max(longest, now - last - 5)
  most = Math.max(most, sum - spent)
  last = now
  spent = sum
}, 5).unref()
process.on('SIGUSR2', () => {
  writeFileSync(process.env.TURNS, `${longest} ${most}`)
  longest = 0
  most = 0
})
