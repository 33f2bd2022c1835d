// The last place for what the log refuses for good in every form: the event, whole and sealed, in a row of the producers. Its stanza may
// then be acknowledged, and the account goes on. Each is counted, said once, and shown in readiness until an operator deletes its row.

import type { Database } from '../../database/database.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import type { Event } from '../../events/event.ts'
import { isKept } from '../../instances/instance-ids.ts'
import { rowsOf } from '../../purge/erasure.ts'
import { isPurged } from '../../purge/tombstones.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { wait } from '../../runtime/wait.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import { wholeEvent } from './whole-event.ts'

export type KeptStanzas = {
  /** Resolves once it is durable; the same event again changes nothing. */
  keep(event: Event, refusal: unknown): Promise<void>
  /** How many of each instance that is not deleted, as far as they were counted. */
  counts(): ReadonlyMap<string, number>
  /** Counts them again every minute, until the signal aborts. */
  follow(signal: AbortSignal): Promise<void>
}
type Deps = { database: Database; sealer: Sealer; logger: Logger; metrics: ProducerMetrics }

const everyMs = 60_000
const maxWords = 1_000

export const keptStanzaPlace = (instanceId: string, eventId: string): string => `kept_stanzas|${instanceId}|${eventId}`

export function createKeptStanzas({ database, sealer, logger, metrics }: Deps): KeptStanzas {
  let counted = new Map<string, number>()

  async function keep(event: Event, refusal: unknown): Promise<void> {
    const { instanceId, eventId, type } = event
    const sealed = sealer.seal(wholeEvent(event), keptStanzaPlace(instanceId, eventId))
    const why = describeError(refusal).replaceAll('\0', '').slice(0, maxWords).toWellFormed()
    const added = await database.query(keepSql, [instanceId, eventId, why, sealed])
    if (added.length === 0) return
    counted.set(instanceId, (counted.get(instanceId) ?? 0) + 1)
    metrics.kept.inc()
    logger.warn('stanza.kept', { instanceId, eventId, type, why })
  }

  async function count(): Promise<void> {
    const rows = await database.query<{ instance_id: string; kept: number }>(countSql)
    counted = new Map(rows.map(({ instance_id, kept }) => [instance_id, kept]))
  }

  return {
    keep,
    counts: () => counted,
    follow: async signal => {
      do {
        try {
          await count()
        } catch (error) {
          // The last count stands; Postgres being away is said by its own check.
          if (!signal.aborted) logger.warn('stanzas.not-counted', { error })
        }
      } while (await wait(everyMs, signal))
    },
  }
}

/** The instance is deleted, and what was kept of it goes with it. */
export async function forgetKeptStanzas(database: Database, instanceId: string): Promise<void> {
  await database.query('delete from kept_stanzas where instance_id = $1', [instanceId])
}

const keepSql = `insert into kept_stanzas (instance_id, event_id, why, sealed) select $1::text, $2::text, $3::text, $4::bytea
where not ${isPurged('$1::text')}
on conflict do nothing returning event_id`

const countSql = `select k.instance_id, count(*)::int as kept from kept_stanzas k
where ${isKept('k.instance_id')} group by k.instance_id`

export const keptErasure = rowsOf('kept_stanzas')
export const sealedStanzas: SealedColumn = {
  table: 'kept_stanzas',
  column: 'sealed',
  key: { instance_id: 'text', event_id: 'text' },
  place: keptStanzaPlace,
}
