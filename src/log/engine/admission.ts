// Which lanes of a member may run a handler: at most maxConcurrency at once, first come first served.
// While a dependency is down nobody starts but one probe per dependency; whoever else found it down waits for the probe's answer.
import { onAbort } from '../../runtime/or-abort.ts'
import { wait } from '../../runtime/wait.ts'

export type Down = { dependency: string; delayMs: number; reason: string }
export type Admission = {
  /** true: the caller may run its handler and must call `leave`. false: the signal aborted first. */
  enter(of: { probing: boolean }, signal: AbortSignal): Promise<boolean>
  leave(): void
  /**
   * The caller found a dependency down; resolves when to try again. A `probe` tries at once although others may not, and must then
   * answer: `up`, `join` as the probe it is, or `handOver` when its assignment ended. `free`: another probe found it up. `stopped`: aborted.
   */
  join(down: Down & { probing: boolean }, signal: AbortSignal): Promise<'probe' | 'free' | 'stopped'>
  up(dependency: string): void
  handOver(dependency: string): void
  /** What is down and why; null: nothing. */
  paused(): string | null
}

type Waiter = (answer: boolean) => void
type Outage = { reason: string; waiting: Set<Waiter> }

/** onChange: a dependency went down or came up. */
export function createAdmission(options: { maxConcurrency: number; onChange(): void }): Admission {
  const entering = new Set<Waiter>()
  const probing = new Set<Waiter>()
  const outages = new Map<string, Outage>()
  let running = 0

  function dispatch() {
    while (running < options.maxConcurrency) {
      const line = probing.size > 0 ? probing : outages.size === 0 ? entering : probing
      const [next] = line
      if (next === undefined) return
      running += 1
      next(true)
    }
  }

  function up(dependency: string) {
    const waiting = outages.get(dependency)?.waiting ?? []
    outages.delete(dependency)
    for (const waiter of waiting) waiter(false)
    options.onChange()
    dispatch()
  }

  function handOver(dependency: string) {
    const [next] = outages.get(dependency)?.waiting ?? []
    if (next === undefined) up(dependency)
    else next(true)
  }

  async function probeLater({ dependency, delayMs, reason }: Down, signal: AbortSignal) {
    outages.set(dependency, { waiting: outages.get(dependency)?.waiting ?? new Set(), reason })
    options.onChange()
    if (await wait(delayMs, signal)) return 'probe'
    handOver(dependency)
    return 'stopped'
  }

  async function waitForProbe({ waiting }: Outage, signal: AbortSignal) {
    const answer = await inLine(waiting, signal)
    return answer === null ? 'stopped' : answer ? 'probe' : 'free'
  }

  return {
    enter: async (of, signal) => {
      const admitted = inLine(of.probing ? probing : entering, signal)
      dispatch()
      return (await admitted) === true
    },
    leave: () => {
      running -= 1
      dispatch()
    },
    join: async (down, signal) => {
      const outage = outages.get(down.dependency)
      return outage === undefined || down.probing ? probeLater(down, signal) : waitForProbe(outage, signal)
    },
    up,
    handOver,
    paused: () => {
      const [first] = outages
      return first === undefined ? null : `${first[0]}: ${first[1].reason}`
    },
  }
}

/** What the line's waiter is answered; null when the signal aborts first. */
function inLine(line: Set<Waiter>, signal: AbortSignal): Promise<boolean | null> {
  if (signal.aborted) return Promise.resolve(null)
  return new Promise(resolve => {
    const end = (answer: boolean | null) => {
      line.delete(waiter)
      stop()
      resolve(answer)
    }
    const waiter = (answer: boolean) => end(answer)
    line.add(waiter)
    const stop = onAbort(signal, () => end(null))
  })
}
