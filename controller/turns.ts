/**
 * Long work beside everything else: generators that yield after each small step, all of them together within one budget
 * of each turn of the event loop. Between turns the process reads, answers and writes. It refuses to know what is done.
 */

/** Milliseconds of long work in one turn, but for the last step begun. */
const BUDGET_MS = 8

interface Task {
  step(): boolean
}

/** What is under way; the first has the next turn. */
const tasks: Task[] = []
let scheduled = false

/**
 * Runs work to its end, with turns of the event loop before it and in between.
 * @returns what it returns. Rejects with what it throws.
 */
export function inTurns<T>(work: Generator<unknown, T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const step = (): boolean => {
      try {
        const done = work.next()
        if (done.done !== true) return false
        resolve(done.value)
      } catch (error) {
        reject(error)
      }
      return true
    }
    tasks.push({ step })
    schedule()
  })
}

function schedule(): void {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    turn()
    if (tasks.length > 0) schedule()
  })
}

/** One after the other in a turn, so that what is short ends soon; the next turn begins with another. */
function turn(): void {
  const until = performance.now() + BUDGET_MS
  while (tasks.length > 0) {
    const task = tasks[0] as Task
    let isDone = false
    do isDone = task.step()
    while (!isDone && performance.now() < until)
    tasks.shift()
    if (!isDone) tasks.push(task)
    if (performance.now() >= until) return
  }
}
