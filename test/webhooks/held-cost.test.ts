// What one event costs does not grow with how many deliveries are held: rows looked at, as Postgres counts them.
import { afterAll, beforeEach, expect, it } from 'vitest'
import type { Transaction } from '../../src/database/database.ts'
import { webhookStream } from '../../src/webhooks/stream/webhook-stream.ts'
import { anEvent, somebodyElse } from '../ground/events.ts'
import { applyTo } from '../ground/projections/apply-to.ts'
import { anImage, never, openStream, stored } from '../ground/webhooks/open-stream.ts'

const HELD = 600
/** Of a handful of index entries, whatever the plan. */
const FEW = 50
const stream = await openStream('held cost')
afterAll(() => stream.close())
beforeEach(() => stream.clear())

/** Of the held deliveries, while this event is taken in. */
const rowsLookedAt = (event: ReturnType<typeof stored> | ReturnType<typeof anImage>) =>
  stream.database.transact(async tx => {
    const before = await rowsRead(tx)
    await applyTo(tx, webhookStream, [{ event, position: { topic: 'events', partition: 0, nextOffset: 1n } }])
    return (await rowsRead(tx)) - before
  }, never)

async function rowsRead(tx: Transaction): Promise<number> {
  const [row] = await tx.query<{ rows: string }>(
    `select seq_tup_read + coalesce(idx_tup_fetch, 0) as rows from pg_stat_xact_user_tables where relname = 'webhook_held'`,
  )
  return Number(row?.rows ?? 0)
}

const elsewhere = { chatId: somebodyElse.lid, chatPn: somebodyElse.pn, senderId: somebodyElse.lid, senderPn: somebodyElse.pn }

it.each([true, false])(
  '[E2] with thousands of files held in a chat, a message looks at a handful: mediaHoldsChat %s',
  async mediaHoldsChat => {
    await stream.endpoint({ holdMedia: 'until-settled', mediaHoldsChat })
    await stream.feed(...Array.from({ length: HELD }, () => anImage()))
    expect(await rowsLookedAt(anEvent('message.received'))).toBeLessThan(FEW)
    expect(await rowsLookedAt(anEvent('message.received', elsewhere))).toBeLessThan(FEW)
  },
)

it.each([true, false])(
  '[E2] a file that is stored looks at a handful of those still held: mediaHoldsChat %s',
  async mediaHoldsChat => {
    await stream.endpoint({ holdMedia: 'until-settled', mediaHoldsChat })
    const images = Array.from({ length: HELD }, () => anImage())
    await stream.feed(...images)
    for (const image of [images[0], images[1], images[HELD / 2], images.at(-1)])
      if (image !== undefined) expect(await rowsLookedAt(stored(image))).toBeLessThan(FEW)
  },
)
