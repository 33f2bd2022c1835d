// Linked devices with what they have not settled yet, as plain data and back. What they sent themselves is forgotten.
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import { required } from '../connection/stanza.ts'
import { type KeptAppState, keepAppState, readAppState } from './app-state/state.ts'
import { createCompanion } from './companion.ts'
import { createQueue, type Entry, type Queue, type Settlement } from './queue.ts'
import type { Letter } from './send-message.ts'
import type { Account, Companion, World } from './world.ts'

/** `appState` and `blocked` are not in worlds that were kept before there were any. */
export type KeptAccount = {
  owner: string
  nextCompanionId: number
  companions: KeptCompanion[]
  appState?: KeptAppState
  blocked?: string[]
}
type KeptCompanion = Omit<
  Companion,
  | 'account'
  | 'jid'
  | 'lidJid'
  | 'client'
  | 'inOrder'
  | 'iqFaults'
  | 'preKeys'
  | 'queue'
  | 'sent'
  | 'iqFaults'
  | 'marks'
  | 'raced'
  | 'contents'
  | 'withheld'
  | 'appStateKey'
  | 'history'
  | 'wantsFullHistory'
> & {
  preKeys: [number, Buffer][]
  queue: KeptQueue
  /** Protobuf. */
  contents: [string, Uint8Array][]
  /** Absent: as kept before there were any. */
  withheld?: [string, Uint8Array][]
  wantsFullHistory?: boolean
  appStateKey?: Companion['appStateKey']
}
/** Each stanza once: the lists name their entries by their place. */
type KeptQueue = { entries: KeptEntry[]; pending: number[]; remembered: number[]; settled: readonly Settlement[] }
type KeptEntry = Omit<Entry, 'letter'> & { letter: KeptLetter | null }
/** `sender`: the phone number. */
type KeptLetter = Omit<Letter, 'sender'> & { sender: string }

/** Once nothing is being encrypted for any of its companions. */
export async function keepAccount({ owner, nextCompanionId, companions, appState, blocked }: Account): Promise<KeptAccount> {
  const all = [...companions.values()]
  await Promise.all(all.map(companion => companion.inOrder(async () => null)))
  return {
    owner: owner.contact.pn,
    nextCompanionId,
    companions: all.map(keepCompanion),
    appState: keepAppState(appState),
    blocked: [...blocked],
  }
}

function keepCompanion(companion: Companion): KeptCompanion {
  const {
    account: _,
    jid: _jid,
    lidJid: _lidJid,
    client: _client,
    inOrder: _inOrder,
    iqFaults: _iqFaults,
    history: _history,
    sent: _sent,
    marks: _marks,
    raced: _raced,
    ...rest
  } = companion
  return {
    ...rest,
    preKeys: [...companion.preKeys],
    queue: keepQueue(companion.queue),
    contents: [...companion.contents].map(([id, content]) => [id, proto.Message.encode(content).finish()]),
    withheld: [...companion.withheld],
  }
}

function keepQueue(queue: Queue): KeptQueue {
  const [pending, remembered] = [queue.pending(), queue.remembered()]
  const entries = [...new Set([...remembered, ...pending])]
  const places = new Map(entries.map((entry, place) => [entry, place]))
  const placesOf = (list: readonly Entry[]) => list.map(entry => required(places.get(entry), 'an entry of the queue'))
  return {
    entries: entries.map(({ letter, ...entry }) => ({
      ...entry,
      letter: letter && { ...letter, sender: letter.sender.contact.pn },
    })),
    pending: placesOf(pending),
    remembered: placesOf(remembered),
    settled: queue.settled(),
  }
}

/** The people are there already. */
export function readAccount(
  accounts: World['accounts'],
  { owner, nextCompanionId, companions, appState, blocked }: KeptAccount,
): void {
  const account = accounts.account(accounts.person({ pn: owner }))
  account.nextCompanionId = nextCompanionId
  if (appState !== undefined) account.appState = readAppState(appState)
  for (const jid of blocked ?? []) account.blocked.add(jid)
  for (const { preKeys, queue, contents, withheld = [], wantsFullHistory = false, appStateKey = null, ...rest } of companions)
    account.companions.set(
      rest.id,
      createCompanion(account, {
        ...rest,
        ...{ wantsFullHistory, appStateKey },
        preKeys: new Map(preKeys),
        queue: readQueue(accounts, queue),
        contents: new Map(contents.map(([id, content]) => [id, proto.Message.decode(content)])),
        withheld: new Map(withheld),
      }),
    )
}

function readQueue(accounts: World['accounts'], kept: KeptQueue): Queue {
  const entries = kept.entries.map(({ letter, stanza, retryReceipt, ...entry }) => ({
    ...entry,
    stanza: stanza as BinaryNode,
    retryReceipt: retryReceipt as BinaryNode | null,
    letter: letter && { ...letter, sender: accounts.person({ pn: letter.sender }) },
  }))
  const listOf = (places: readonly number[]) => places.map(place => required(entries[place], 'an entry of the queue'))
  return createQueue({ pending: listOf(kept.pending), remembered: listOf(kept.remembered), settled: kept.settled })
}
