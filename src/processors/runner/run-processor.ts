// A processor at work: it reads the log until it is closed, and says how that goes.
import type { Consumption, EventLog, InTurn, LaneConsumer, Position } from '../../log/log.ts'
import type { Check, Role } from '../../runtime/role.ts'
import type { Processor } from '../processor.ts'
import { type LaneConsumerDeps, laneConsumer } from './lane-consumer.ts'
import { watchIntake } from './watch-intake.ts'

/** Its progress rows must exist. Closed, it waits for what is in hand, and then closes the processor. */
export function runProcessor(
  deps: LaneConsumerDeps & { log: EventLog },
  processor: Processor & { close(): Promise<void> },
): Role & { positions(): readonly Position[]; consumer: LaneConsumer; inTurn: InTurn } {
  const { name } = processor
  const stop = new AbortController()
  const consumer = laneConsumer(deps, processor)
  const consumption = deps.log.consumeLanes(consumer, stop.signal)
  const intake = watchIntake({ logger: deps.logger, name }, consumption, stop.signal)
  let closing: Promise<void> | null = null
  return {
    name,
    checks: () => [
      stop.signal.aborted ? { name, state: 'ok', detail: 'stopping' } : (intake.failed() ?? checkOf(name, consumption)),
    ],
    positions: () => consumption.status(),
    consumer,
    inTurn: consumption.inTurn,
    close: () => {
      stop.abort()
      closing ??= intake.done.then(processor.close)
      return closing
    },
  }
}

/** Paused and halted are degraded: a restart would not mend what is outside. */
function checkOf(name: string, consumption: Consumption): Check {
  const stuck = consumption.status().filter(one => one.state !== 'running')
  const [first] = stuck
  if (first === undefined) return { name, state: 'ok', detail: 'running' }
  const where = `${stuck.length} partitions, first ${first.topic}/${first.partition}`
  return { name, state: 'degraded', detail: `${first.state}: ${first.reason ?? 'no reason given'} (${where})` }
}
