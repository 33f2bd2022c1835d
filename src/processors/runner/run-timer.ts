// A timer at work: it does what it is for at once, and then again and again until it is closed. What fails is said, and tried again sooner.
import type { Logger } from '../../runtime/logger.ts'
import type { Role } from '../../runtime/role.ts'
import { runningRole } from '../../runtime/running-role.ts'
import { wait } from '../../runtime/wait.ts'
import type { Line, Timer } from '../processor.ts'

export function runTimer({ logger }: { logger: Logger }, timer: Timer): Role {
  const { name, everyMs, afterFailureMs, subject } = timer
  const stop = new AbortController()
  let problem: string | null = null

  async function work(): Promise<void> {
    try {
      say(await timer.work(stop.signal))
      problem = null
    } catch (error) {
      if (stop.signal.aborted) return
      problem = `${subject}: ${String(error)}`
      say(timer.failed(error))
    }
  }

  async function run(): Promise<void> {
    do await work()
    while (await wait(problem === null ? everyMs : Math.min(everyMs, afterFailureMs), stop.signal))
  }

  const say = (line: Line | null) => line && logger[line.level](line.event, line.fields)

  return runningRole({ name, problem: () => problem }, { stop, done: run() })
}
