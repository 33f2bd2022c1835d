// One step of reading earlier records again: what they are today becomes rows through the projection's own statements, in the transaction that
// moves the reread's place. Copies, counts and webhooks are not touched: whoever saw the record then has seen it.
import { convertEarlier, type EarlierMessage, readEarlier, secretsIn } from '../convert/earlier-messages.ts'
import type { Recovered } from '../convert/recovered-messages.ts'
import type { BroughtSecret, MessageSecret } from '../convert/sealed/message-secret.ts'
import { shownChatOf } from '../convert/stanza-identity.ts'
import { targetOf } from '../convert/target-of.ts'
import type { Transaction } from '../database/database.ts'
import { readTogether, writeTogether } from '../database/statement-parts.ts'
import { purgedAmong } from '../purge/tombstones.ts'
import type { Placed, Projection } from './projection.ts'
import { addressesOf, ownIdsOf } from './read-model/known-people.ts'

/** Where secrets are that messages brought, and what came sealed is opened with. In the caller's transaction. */
export type EarlierSecrets = {
  keep(tx: Transaction, instanceId: string, brought: readonly BroughtSecret[]): Promise<void>
  find(
    tx: Transaction,
    instanceId: string,
    of: { chats: readonly string[]; messageId: string },
  ): Promise<readonly MessageSecret[]>
}

type Of = { projection: Projection; secrets: EarlierSecrets }

/** `events`, in log order. Answers how many events came of them. */
export async function rereadEvents(tx: Transaction, { projection, secrets }: Of, events: readonly Placed[]): Promise<number> {
  const ids = events.map(({ event }) => event.instanceId)
  const [purged, ownIds] = [await purgedAmong(tx, ids), await ownIdsOf(tx, ids)]
  const brought = keepLater(tx, secrets)
  const told = new Map<string, Placed>()
  for (const { event, position } of events) {
    const { instanceId } = event
    const earlier = purged.has(instanceId) ? null : readEarlier(event, ownIds.get(instanceId) ?? null)
    if (earlier === null) continue
    for (const one of convertEarlier(earlier, await knownFor(tx, { secrets, brought }, earlier)))
      if (!told.has(one.eventId)) told.set(one.eventId, { event: one, position })
    brought.add(instanceId, secretsIn(earlier))
  }
  await brought.keep()
  await write(tx, projection, [...told.values()])
  return told.size
}

/** Kept together, and before any is looked for: a vote opens by what came before it, wherever a step ends. */
function keepLater(tx: Transaction, secrets: EarlierSecrets) {
  const waiting = new Map<string, BroughtSecret[]>()
  return {
    add: (instanceId: string, brought: readonly BroughtSecret[]) => {
      if (brought.length > 0) waiting.set(instanceId, [...(waiting.get(instanceId) ?? []), ...brought])
    },
    keep: async () => {
      for (const [instanceId, brought] of waiting) await secrets.keep(tx, instanceId, brought)
      waiting.clear()
    },
  }
}

type Known = { secrets: EarlierSecrets; brought: { keep(): Promise<void> } }

async function knownFor(tx: Transaction, { secrets, brought }: Known, { event, read }: EarlierMessage) {
  const found = new Map<Recovered, readonly MessageSecret[]>()
  for (const one of event.type === 'unknown' ? read.messages : []) {
    const messageId = targetOf(one.message)
    if (messageId === null) continue
    await brought.keep()
    const { id, pn } = shownChatOf(one.origin.stanza)
    const chats = await addressesOf(tx, event.instanceId, [id, pn, event.chatId, event.chatPn])
    found.set(one, await secrets.find(tx, event.instanceId, { chats, messageId }))
  }
  return (one: Recovered) => found.get(one) ?? []
}

async function write(tx: Transaction, projection: Projection, told: readonly Placed[]): Promise<void> {
  if (told.length === 0) return
  const { reads, decide } = projection.gather(told)
  const { writes, afterwards } = await decide(await readTogether(tx, reads), told)
  await writeTogether(tx, writes)
  for (const { sql, values, isEmpty } of afterwards) if (!isEmpty) await tx.query(sql, values)
}
