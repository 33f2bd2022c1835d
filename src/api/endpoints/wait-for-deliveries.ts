// A long poll of a listener's mailbox: woken by what is laid in, without a connection of the pool meanwhile, and a sign of life all along.
import type { ServerResponse } from 'node:http'
import type { Database } from '../../database/database.ts'
import { createBell } from '../../runtime/bell.ts'
import { lookIntoMailbox, type Mailbox, mailboxOf } from '../../webhooks/endpoints/mailbox.ts'
import { Problem } from '../problems.ts'

type Deps = { database: Database; stopping: AbortSignal }
type Asked = { id: string; after: number; wait: number; response: ServerResponse }

/** Wakes may be lost; and whoever waits is alive. */
const LOOK_EVERY_MS = 1_000

/** null: there is no such listener, or it is closed meanwhile. Throws Problem `stopping`, so that a poll goes on elsewhere. */
export async function waitForDeliveries({ database, stopping }: Deps, of: Asked): Promise<Mailbox | null> {
  const first = await lookIntoMailbox(database, of)
  if (of.wait === 0 || !isEmpty(first)) return first
  const gone = new AbortController()
  of.response.once('close', () => gone.abort())
  const ended = AbortSignal.any([gone.signal, stopping, AbortSignal.timeout(of.wait * 1000)])
  const bell = createBell()
  // Its beginning is a ring, for what was laid in before; while it cannot listen, it looks by itself.
  database.listen(mailboxOf(of.id), bell.ring, ended).then(bell.ring, bell.ring)
  for (;;) {
    await bell.rung(ended, LOOK_EVERY_MS)
    if (stopping.aborted) throw new Problem('stopping', `waiting for deliveries of ${of.id}: this process is stopping`)
    if (gone.signal.aborted) return first
    const found = await lookIntoMailbox(database, of)
    if (ended.aborted || !isEmpty(found)) return found
  }
}

const isEmpty = (mailbox: Mailbox | null): boolean =>
  mailbox !== null && mailbox.deliveries.length === 0 && mailbox.disabledReason === null
