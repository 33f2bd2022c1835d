// What came sealed with a secret that was not known is kept, and opened once that is: then it is appended as what it is, with the id that it would
// have had, and forgotten once that is durable: a death in between makes a copy, never a loss. [1,000 per instance, 200 per chat, 256 KiB each, 14 d]
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Offer } from '../../convert/draft.ts'
import type { Recovered } from '../../convert/recovered-messages.ts'
import type { BroughtSecret } from '../../convert/sealed/message-secret.ts'
import type { Stanza } from '../../convert/stanza-identity.ts'
import { digestOf, hexOf, messageDigest } from '../../instances/sealed-secrets.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { TriableRow } from './sealed-rows.ts'
import { createSealedStore, type SealedStoreDeps } from './sealed-store.ts'

export type SealedMessages = {
  /** Resolves once these are durable; rejects only with the socket's end. */
  keep(unopened: readonly Unopened[]): Promise<void>
  /** Of secrets that are durable. Resolves once what they open is, too; rejects only with the socket's end. */
  openWith(brought: readonly BroughtSecret[]): Promise<void>
  /** The same, of whatever secrets there are. */
  look(): Promise<void>
  /** Resolves when none of it is being opened. */
  idle(): Promise<void>
  /** Whether there is anything, as far as is known. */
  isWaiting(): boolean
  /** Whether a secret was there already when what takes it was kept: nobody else says so. */
  isDue(): boolean
}
/** `chats`: every address of the chat that it was sealed in. */
export type Unopened = { one: Recovered; eventId: string; targetMessageId: string; chats: readonly string[] }
/** What its message is made of once more. */
export type SealedMessage = { stanza: Stanza; part: number; plaintext: Buffer; receivedAt: number }
/** null: it does not open. */
export type OpenSealed = (sealed: SealedMessage) => Promise<{ durable: Promise<void> } | null>

/** Of one, as it is kept: whatever opens to an event is far smaller. */
const maxBytes = 256 * 1024

type Deps = SealedStoreDeps & { open: OpenSealed; metrics: Pick<ProducerMetrics, 'sealed'> }

export function openSealedMessages(deps: Deps): SealedMessages {
  const { metrics } = deps
  const store = createSealedStore(deps)
  /** A secret comes inside the key transaction of its message; what it opens is read and appended outside of that. */
  const outside = AsyncLocalStorage.snapshot()
  /** By event, the messages whose secrets are waited for. */
  const waiting = new Map<string, readonly string[]>()
  /** Whose secrets were there when they were kept. */
  const due = new Set<string>()
  let isLoaded = false
  let keeping: Promise<unknown> = Promise.resolve()
  let looking: Promise<unknown> = Promise.resolve()

  async function keepOne({ one, eventId, targetMessageId, chats }: Unopened): Promise<void> {
    const { stanza, ordinal, raw, receivedAt } = one.origin
    const plain = pack({ stanza, part: ordinal.part, plaintext: Buffer.from(raw), receivedAt })
    if (plain.length > maxBytes) return metrics.sealed.inc({ outcome: 'dropped' })
    const targets = chats.map(chat => messageDigest(chat, targetMessageId))
    waiting.set(eventId, targets.map(hexOf))
    const { found, gone } = await store.add({ eventId, chat: digestOf(chats[0] ?? ''), targets, plain })
    if (found > 0) due.add(eventId)
    for (const id of gone) waiting.delete(id)
    metrics.sealed.inc({ outcome: 'kept' })
    metrics.sealed.inc({ outcome: 'dropped' }, gone.length)
  }

  async function load(): Promise<void> {
    for (const { event_id, targets } of await store.targets()) waiting.set(event_id, targets.map(hexOf))
    isLoaded = true
  }

  async function tryAll(): Promise<void> {
    due.clear()
    await keeping
    if (!isLoaded) await load()
    for (let more = waiting.size > 0; more; ) {
      const rows = await store.triable()
      for (const id of await openTogether(deps, store, rows)) waiting.delete(id)
      more = rows.length === store.maxFound
    }
  }

  function look(): Promise<void> {
    const next = looking.then(() => outside(tryAll))
    looking = next.catch(() => undefined) // its caller has the error
    return next
  }

  return {
    keep: async unopened => {
      const writing = Promise.all(unopened.map(keepOne))
      keeping = Promise.all([keeping, writing])
      keeping.catch(() => undefined) // whoever waits for it hears of it
      await writing
    },
    openWith: async brought => {
      const come = new Set(brought.map(({ chat, messageId }) => hexOf(messageDigest(chat.id, messageId))))
      if (come.size === 0) return
      if (!isLoaded || [...waiting.values()].some(targets => targets.some(target => come.has(target)))) await look()
    },
    look,
    idle: async () => void (await looking),
    isWaiting: () => waiting.size > 0,
    isDue: () => due.size > 0,
  }
}

/** Begun in their order, and durable before they are forgotten: a death in between appends copies. Answers which are told as what they are. */
async function openTogether(
  { instanceId, epoch, open, logger, metrics }: Deps,
  store: ReturnType<typeof createSealedStore>,
  rows: readonly TriableRow[],
): Promise<readonly string[]> {
  const opened: Promise<string>[] = []
  const tried: TriableRow[] = []
  for (const row of rows) {
    const plain = store.plainOf(row)
    const begun = plain === null ? null : await open(unpack(plain))
    if (begun === null) tried.push(row)
    else opened.push(quiet(begun.durable.then(() => row.event_id)))
  }
  for (const { event_id: eventId } of tried) logger.info('sealed.not-opened', { instanceId, epoch, eventId })
  if (tried.length > 0) await store.noteTried(tried)
  const ids = await Promise.all(opened)
  if (ids.length > 0) await store.drop(ids)
  metrics.sealed.inc({ outcome: 'opened' }, ids.length)
  return ids
}

/** Its error is whoever's who waits for it, however late. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
}

/** Of a part's messages those that do not open, as `offers` say them: one for each. */
export const unopenedAmong = (messages: readonly Recovered[], offers: readonly Offer[]) =>
  messages.flatMap((one, nth) => {
    const offer = offers[nth]
    return offer !== undefined && isUnopened(offer)
      ? [{ one, eventId: offer.eventId, targetMessageId: offer.targetMessageId }]
      : []
  })

export const isUnopened = (offer: Offer): offer is Offer & { eventId: string; targetMessageId: string } =>
  offer.type === 'message.undecryptable' &&
  offer.reason === 'no-secret' &&
  offer.eventId !== null &&
  offer.targetMessageId != null

type Packed = Omit<SealedMessage, 'plaintext'> & { plaintext: string }

const pack = (one: SealedMessage): Buffer => Buffer.from(JSON.stringify({ ...one, plaintext: one.plaintext.toString('base64') }))

function unpack(bytes: Buffer): SealedMessage {
  const packed: Packed = JSON.parse(bytes.toString())
  return { ...packed, plaintext: Buffer.from(packed.plaintext, 'base64') }
}
