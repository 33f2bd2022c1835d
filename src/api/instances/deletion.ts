// What a deletion takes and what it leaves, in words and in numbers, before, with and after the call that deletes.
import { z } from 'zod'
import { upToMostShown } from '../../database/bounded-count.ts'
import type { Transaction } from '../../database/database.ts'
import { type Held, readHeld } from '../../purge/queries.ts'
import { countEndpointsNaming } from '../../webhooks/endpoints/endpoints.ts'

const part = z
  .object({
    what: z.string(),
    count: z.number().nullable().describe(`${upToMostShown}; null: not counted`),
    detail: z.string().describe('for people'),
  })
  .meta({ title: 'DeletionPart' })
type Part = z.infer<typeof part>

export const deletion = z
  .object({
    purged: z.boolean().describe('whether what was stored goes, too'),
    goes: z.array(part),
    stays: z.array(part),
  })
  .meta({ title: 'Deletion', description: 'what the deletion takes, and what it leaves' })
type Deletion = z.infer<typeof deletion>
export const exampleDeletion: Deletion = {
  purged: false,
  goes: [{ what: 'auth state', count: null, detail: 'the pairing with the phone, and its keys' }],
  stays: [{ what: 'messages', count: 1250, detail: 'rows that no call answers any more; a purge erases them' }],
}

/** As of now: once it is carried out, what was there cannot be told any more. */
export async function readDeletion(database: Transaction, of: { id: string; purged: boolean }): Promise<Deletion> {
  const [held, endpoints] = [await readHeld(database, of.id), await countEndpointsNaming(database, of.id)]
  return describeDeletion({ purged: of.purged, held, endpoints })
}

const describeDeletion = (of: { purged: boolean; held: readonly Held[]; endpoints: number }): Deletion => {
  const stored = of.held.map(({ what, count }) => ({ what, count, detail: (of.purged ? ifPurged : ifKept)[what] ?? '' }))
  return {
    purged: of.purged,
    goes: [uncounted('auth state', 'the pairing with the phone, and its keys'), ...(of.purged ? stored : [])],
    stays: [...(of.purged ? [] : stored), ...staysAlways(of)],
  }
}

/** Also after a purge. */
const staysAlways = ({ endpoints }: { endpoints: number }): Part[] => [
  uncounted('id', 'it is never given out again'),
  uncounted(
    'log',
    'the records in the topics, dead letters among them, until their retention (TOPIC_RETENTION): one account cannot be deleted from a log',
  ),
  uncounted(
    'replays',
    'what a replay copied before a purge, in its topic until 7 days after its end, or until the replay is deleted; it copies no more of it',
  ),
  uncounted('webhooks', 'what receivers have got already'),
  ...(endpoints === 0
    ? []
    : [{ what: 'endpoints', count: endpoints, detail: 'they name this instance; nothing of it comes any more' }]),
]

const uncounted = (what: string, detail: string): Part => ({ what, count: null, detail })

const ifKept: Readonly<Record<string, string>> = {
  messages: 'rows that no call answers any more; a purge erases them',
  contacts: 'rows that no call answers any more; a purge erases them',
  chats: 'rows that no call answers any more; a purge erases them',
  files: 'objects in the store, with their thumbnails; their links answer 410; a purge erases them',
  deliveries: 'what waits is still sent; a purge ends that and erases them',
}
const ifPurged: Readonly<Record<string, string>> = {
  messages: 'with their edits, revokes, reactions and receipts',
  contacts: 'with the pairs of addresses',
  chats: 'with their lanes',
  files: 'with their thumbnails, what is under incoming/ and raw bytes; their links answer 410, then 404',
  deliveries: 'with their attempts, what is held or waits, and what was given up; nothing of them is sent any more',
}
