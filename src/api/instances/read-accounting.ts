// The account of an instance, from its parts: what its owners received and numbered, what projections took in, what endpoints were sent.
import type { Database } from '../../database/database.ts'
import { readReceived, readTallied, readUnappended } from '../../instances/instance-tallies.ts'
import { readAccounted, readGaps } from '../../projections/queries.ts'
import { countByType } from '../../webhooks/bridge/queries.ts'

/** So many deliveries of an instance are counted at most, in the fraction of a second that a call may take. */
export const MOST_DELIVERIES = 200_000
const MOST_GAPS = 100

export type AccountOfType = {
  type: string
  appended: number
  copies: number
  projected: number
  matched: number
  delivered: number
  countedSince: string | null
}

export async function readAccounting(database: Database, instanceId: string) {
  const [tallied, received, accounted, deliveries] = await Promise.all([
    readTallied(database, instanceId),
    readReceived(database, instanceId),
    readAccounted(database, instanceId),
    countByType(database, { instanceId, most: MOST_DELIVERIES + 1 }),
  ])
  return {
    announced: tallied?.announced ?? null,
    received: received.map(({ since, ...one }) => ({ ...one, countedSince: since.toISOString() })),
    receivedAt: tallied?.writtenAt.toISOString() ?? null,
    lastStanzaAt: tallied?.lastStanzaAt?.toISOString() ?? null,
    epoch: tallied?.epoch ?? null,
    numbered: tallied?.numbered ?? null,
    appended: tallied?.appended ?? null,
    events: typesOf(accounted, deliveries.types),
    deliveriesAreAll: deliveries.counted <= MOST_DELIVERIES,
    gaps: await allGaps(database, instanceId),
  }
}

/** Those that endpoints alone have (media.updated) as well. */
function typesOf(
  accounted: Awaited<ReturnType<typeof readAccounted>>,
  sent: readonly { type: string; matched: number; delivered: number }[],
): AccountOfType[] {
  const types = [...new Set([...accounted, ...sent].map(({ type }) => type))].toSorted()
  return types.map(type => {
    const { records = 0, projected = 0, since } = accounted.find(one => one.type === type) ?? {}
    const { matched = 0, delivered = 0 } = sent.find(one => one.type === type) ?? {}
    return {
      ...{ type, appended: records, copies: records - projected, projected, matched, delivered },
      countedSince: since?.toISOString() ?? null,
    }
  })
}

export type Missing = { instanceId: string; epoch: number; firstSequence: number; lastSequence: number; foundAt: Date }

/** Numbers without a record: those before others in the log, and the last ones of an epoch. `instanceId` null: of all, of the last 24 hours. */
export async function readMissing(database: Database, instanceId: string | null): Promise<readonly Missing[]> {
  const [before, last] = await Promise.all([
    readGaps(database, { instanceId, limit: MOST_GAPS }),
    readUnappended(database, instanceId),
  ])
  return [...last, ...before]
}

async function allGaps(database: Database, instanceId: string) {
  const missing = await readMissing(database, instanceId)
  return missing.map(({ instanceId: _, foundAt, ...gap }) => ({ ...gap, foundAt: foundAt.toISOString() }))
}
