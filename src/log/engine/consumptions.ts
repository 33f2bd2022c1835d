// What is consumed of one log: each consumption takes part on its own, and closing the log stops them all and waits for them.
import type { LaneConsumption } from '../log.ts'
import type { Assignment } from './assignment.ts'
import type { Participation } from './take-part.ts'

export type Consumptions = {
  /** Aborts when the log closes. */
  closing: AbortSignal
  /** join: resolves the part it takes, with what is to be closed once all is given back; null: it was to stop first. */
  begin(signal: AbortSignal, join: (stopping: AbortSignal) => Promise<Joined | null>): LaneConsumption
  /** Resolves when all have handed back what they had. */
  close(): Promise<void>
}
export type Joined = Participation & { close?(): Promise<void> }

export function createConsumptions(): Consumptions {
  const closing = new AbortController()
  const consuming = new Set<Promise<void>>()

  return {
    closing: closing.signal,
    begin: (signal, join) => {
      let joined: Joined | null = null
      const done = run()
      consuming.add(done)
      done.finally(() => consuming.delete(done)).catch(() => 'whoever waits for done is told')
      const assignments = () => joined?.assignments() ?? []
      return {
        done,
        status: () => assignments().flatMap(assignment => assignment.status()),
        inTurn: async (record, work, signal) => {
          const has = ({ status }: Assignment) =>
            status().some(at => at.topic === record.topic && at.partition === record.partition)
          return (await assignments().find(has)?.inTurn(record, work, signal)) ?? false
        },
      }

      async function run() {
        joined = await join(AbortSignal.any([signal, closing.signal]))
        await joined?.left
        await joined?.close?.()
      }
    },
    close: async () => {
      closing.abort()
      await Promise.allSettled(consuming)
    },
  }
}
