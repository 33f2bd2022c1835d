// What is sealed of one account in its table, sealed at rest: outlasts whatever a statement fails for, until the socket ends.

import type { Database } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'
import { outlast } from '../outlast.ts'
import { type SocketLife, whilePending } from '../socket-life.ts'
import { orEndSealed } from './or-end-sealed.ts'
import {
  addSealed,
  dropSealed,
  findTriable,
  listTargets,
  messagesSealedIn,
  noteTried,
  type SealedRow,
  type TriableRow,
} from './sealed-rows.ts'

export type SealedStoreDeps = {
  database: Database
  sealer: Sealer
  life: SocketLife
  instanceId: string
  epoch: number
  /** How long a read or write may be pending before the socket is given up. */
  timeoutMs: number
  random: () => number
  logger: Logger
}

/** In one reading. */
const maxFound = 100

const sealedPlace = (instanceId: string, eventId: string): string => `sealed_messages|${instanceId}|${eventId}`
export const sealedMessages: SealedColumn = { ...messagesSealedIn, place: sealedPlace }

export function createSealedStore(deps: SealedStoreDeps) {
  const { database, sealer, life, instanceId, epoch, timeoutMs, random, logger } = deps
  const line = { event: 'sealed.retrying', instanceId, epoch }
  const outlasting = <T>(doing: string, work: () => Promise<T>): Promise<T> =>
    whilePending(life, timeoutMs, () => outlast(doing, work, { life, isForGood: () => false, line, random, logger }))
  const placeOf = (eventId: string): string => sealedPlace(instanceId, eventId)

  return {
    add: ({ plain, ...of }: Omit<SealedRow, 'sealed'> & { plain: Buffer }) => {
      const row = { ...of, sealed: sealer.seal(plain, placeOf(of.eventId)) }
      return outlasting('keeping what is sealed', () => addSealed(database, instanceId, row))
    },
    targets: () => outlasting('reading what is sealed', () => listTargets(database, instanceId)),
    /** Some of those that may open by now; fewer than `maxFound`: these are all. */
    triable: () => outlasting('reading what is sealed', () => findTriable(database, instanceId, maxFound)),
    maxFound,
    noteTried: (rows: readonly TriableRow[]) => outlasting('noting what was tried', () => noteTried(database, instanceId, rows)),
    drop: (eventIds: readonly string[]) =>
      outlasting('forgetting what was opened', () => dropSealed(database, instanceId, eventIds)),
    /** null: a row that was damaged opens nothing, and stops nobody. Throws only with the socket's end. */
    plainOf: ({ event_id: eventId, sealed }: TriableRow): Buffer | null => {
      try {
        return orEndSealed(life, () => sealer.open(sealed, placeOf(eventId)))
      } catch (error) {
        if (!(error instanceof SealError)) throw error
        logger.warn('secret.not-opened', { instanceId, epoch, error })
        return null
      }
    },
  }
}
