// A processor at work: it reads the log until it is closed, and says how that goes.
import type { Consumption, EventLog } from '../../log/log.ts'
import type { Check, Role } from '../../runtime/role.ts'
import type { Processor } from '../processor.ts'
import { type LaneConsumerDeps, laneConsumer } from './lane-consumer.ts'

/** Its progress rows must exist. Closed, it waits for what is in hand, and then closes the processor. */
export function runProcessor(
  deps: LaneConsumerDeps & { log: EventLog },
  processor: Processor & { close(): Promise<void> },
): Role {
  const { name } = processor
  const stop = new AbortController()
  const consumption = deps.log.consumeLanes(laneConsumer(deps, processor), stop.signal)
  let ended: string | null = null
  const done = consumption.done.then(
    () => {
      ended = 'its intake ended'
    },
    error => {
      ended = String(error)
      deps.logger.error('processor.failed', { processor: name, error })
    },
  )
  let closing: Promise<void> | null = null
  return {
    name,
    checks: () => [stop.signal.aborted ? { name, state: 'ok', detail: 'stopping' } : checkOf(name, consumption, ended)],
    close: () => {
      stop.abort()
      closing ??= done.then(processor.close)
      return closing
    },
  }
}

/** Paused and halted are degraded: a restart would not mend what is outside. An end that nobody asked for is a failure. */
function checkOf(name: string, consumption: Consumption, ended: string | null): Check {
  if (ended !== null) return { name, state: 'failed', detail: `stopped: ${ended}` }
  const stuck = consumption.status().filter(one => one.state !== 'running')
  const [first] = stuck
  if (first === undefined) return { name, state: 'ok', detail: 'running' }
  const where = `${stuck.length} partitions, first ${first.topic}/${first.partition}`
  return { name, state: 'degraded', detail: `${first.state}: ${first.reason ?? 'no reason given'} (${where})` }
}
