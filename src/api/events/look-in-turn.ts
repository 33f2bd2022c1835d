// Looks for records take turns: each may read many thousands of them in several topics, so few look at once in the process, one of a client. Who finds
// no turn in time comes again.
import { createFairTurns, type Patience } from '../../runtime/fair-turns.ts'
import { Problem } from '../problems.ts'
import { type Found, findRecord, type RecordDeps, type Wanted } from './find-record.ts'

/** `client`: whoever may not take everything. Throws Problem `busy`; `stopping` where the signal was aborted before it was its turn. */
export type LookInTurn = (of: { client: string; wanted: Wanted }, signal: AbortSignal) => Promise<Found>

const few = { total: 3, patience: { maxWaiting: 8, maxWaitMs: 10_000 } }

export function createLookInTurn(deps: RecordDeps, { total, patience }: { total: number; patience: Patience } = few): LookInTurn {
  const turns = createFairTurns({ total, perKey: 1 })
  return async ({ client, wanted }, signal) => {
    const turn = await turns.take({ key: client, patience }, signal)
    if (turn === 'full')
      throw new Problem(
        'busy',
        'as many events are being looked for as this process looks for at once: this one has to come again',
      )
    if (turn === 'aborted')
      throw new Problem('stopping', `looking for event ${wanted.eventId.slice(0, 100)}: nobody waits for it any more`)
    try {
      return await findRecord(deps, wanted, signal)
    } finally {
      turn.release()
    }
  }
}
