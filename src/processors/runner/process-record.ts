// One record, as any processor has it done: it is read, the processor answers in events, and they become records of the topics they belong
// to. Nothing is said, counted or written for a purged instance, whenever its tombstone came.
import type { Codec } from '../../events/codec.ts'
import type { Event } from '../../events/event.ts'
import { type TopicName, topicOf } from '../../events/topics.ts'
import type { Append, NewRecord, Outcome } from '../../log/log.ts'
import { liveLateness } from '../../runtime/lateness.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Answer, Given, Line, Processor, Report } from '../processor.ts'
import { derivedEvents } from './derived-events.ts'
import { pauseFor } from './pause-for.ts'
import { nothing, readEvent } from './read-event.ts'
import type { Tombstones } from './tombstones.ts'

export type ProcessDeps = {
  codec: Codec
  tombstones: Tombstones
  topic(name: TopicName): string
  /** How long a dependency that is down is left alone. */
  pauseMs: number
  logger: Logger
  clock: () => number
}
type Task = { processor: Processor; event: Event; work: unknown; given: Given }

/** Rejects what the processor threw, unless that pauses, and everything once the signal aborts. */
export async function processRecord(
  deps: ProcessDeps,
  { processor, ...given }: Given & { processor: Processor },
  signal: AbortSignal,
): Promise<Outcome> {
  liveLateness.note(0) // whoever gives way to what is live hears that there is some, also where nothing is projected
  const read = await readEvent({ ...deps, types: processor.types }, given.record, signal)
  if (read.kind === 'outcome') return read.outcome
  const work = processor.takes(read.event)
  if (work === null) return nothing
  const task = { processor, event: read.event, work, given }
  try {
    const answer = processor.stillWaits?.(work) ?? (await answerOf(deps, task, signal))
    if (answer === null) return nothing
    const outcome = outcomeOf(deps, task, answer)
    say(deps, answer.report)
    return outcome
  } catch (error) {
    if (signal.aborted) throw error
    const outcome = processor.isSurprise?.(error) ? null : pauseFor(error, deps)
    if (outcome === null) throw error
    sayPaused(deps, processor.paused?.(work), outcome)
    return outcome
  }
}

/** null: its instance is purged. Asked before anything is put, and after it: what was put meanwhile, or by a try that was killed, is gone then. */
async function answerOf(deps: ProcessDeps, task: Task, signal: AbortSignal): Promise<Answer | null> {
  if (await isOfPurged(deps, task, signal)) return null
  const answer = await task.processor.process(task.work, task.given, signal)
  return (await isOfPurged(deps, task, signal)) ? null : answer
}

async function isOfPurged(deps: ProcessDeps, { processor, event, work }: Task, signal: AbortSignal): Promise<boolean> {
  if (processor.clearAway === undefined || !(await deps.tombstones.isPurged(event.instanceId))) return false
  await processor.clearAway(work, signal)
  return true
}

function outcomeOf(deps: ProcessDeps, { processor, event }: Task, { report, ...answer }: Answer): Outcome {
  if (answer.kind !== 'emit') return answer
  const byTopic = new Map<string, NewRecord[]>()
  for (const made of derivedEvents(event, answer.events, { by: processor.name, at: deps.clock() })) {
    const topic = deps.topic(topicOf(made.type))
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), deps.codec.encode(made)])
  }
  return { kind: 'emit', appends: [...byTopic].map(([topic, records]): Append => ({ topic, records })) }
}

function say({ logger }: ProcessDeps, report: Report | undefined): void {
  if (report === undefined) return
  for (const count of report.counts) count()
  logger[report.line.level](report.line.event, report.line.fields)
}

function sayPaused({ logger }: ProcessDeps, line: Line | undefined, outcome: Outcome & { kind: 'pause' }): void {
  if (line === undefined) return
  const { dependency, reason, delayMs: retryInMs } = outcome
  logger[line.level](line.event, { ...line.fields, dependency, reason, retryInMs })
}
