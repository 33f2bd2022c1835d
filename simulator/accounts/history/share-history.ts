// The phone shares its history as phones do after a link: what is newest first, then names, statuses and addresses, then chunk by chunk what is older.

import { image } from '../../media/media.ts'
import { sampleJpeg } from '../../media/sample-media.ts'
import type { Contact } from '../accounts.ts'
import { type MadeChunk, type SentChunk, sendMadeHistory, tellHistory, uploadHistory } from '../send-history.ts'
import type { Companion, World } from '../world.ts'
import type { HistorySyncName } from './encode-history.ts'
import { type GeneratedHistory, generateHistory, type HistoryPlan } from './generated-history.ts'
import type { HistoryChat } from './history-chat.ts'
import type { HistoryFault } from './history-fault.ts'

export type ShareOptions = {
  /** How many messages there are; none is in two places but for `overlap`. */
  messages: number
  /** Of these messages [one for each 5,000, three at least] */
  chunks?: number
  /** So many of each chunk are in the next one again [0] */
  overlap?: number
  /** 1 to 60 [12] */
  people?: number
  /** [3] */
  groups?: number
  /** [3] */
  statuses?: number
  /** Whether the older half is said to be the whole history rather than the recent one [what the companion asked for when it was linked] */
  full?: boolean
  /** Between two messages [30 s] */
  stepMs?: number
  /** Of the newest [a minute ago, and as before where there was a history of this device before] */
  newestAtMs?: number
  /** The same seed gives as many messages the same ids [the owner's number] */
  seed?: string
  /** [cdn] */
  via?: 'inline' | 'cdn'
  /** Each of the chunk of messages with that place, from 1 */
  faults?: readonly { chunk: number; fault: HistoryFault }[]
}
export type SharedHistory = { history: GeneratedHistory; chunks: readonly SentChunk[] }

/** Resolves once the last notification is queued. */
export async function shareHistory(world: World, companion: Companion, options: ShareOptions): Promise<SharedHistory> {
  const { history, parts } = await partsOf(world, companion, options)
  const chunks: SentChunk[] = []
  for (const part of parts) chunks.push(await sendMadeHistory(world, companion, part))
  return { history, chunks }
}

/** All of it kept in memory, and nobody told: what follows takes no time of whoever measures. */
export async function prepareHistory(
  world: World,
  companion: Companion,
  options: ShareOptions,
): Promise<{ tell(): Promise<readonly SentChunk[]> }> {
  const { parts } = await partsOf(world, companion, options)
  const uploaded = parts.map(part => uploadHistory(world, companion, part, true))
  return { tell: () => Promise.all(uploaded.map(chunk => tellHistory(companion, chunk))) }
}

async function partsOf(world: World, companion: Companion, options: ShareOptions) {
  const history = generateHistory(await planOf(world, companion, options))
  companion.history = history
  return { history, parts: partsOfHistory(history, { full: companion.wantsFullHistory, ...options }) }
}

async function planOf({ accounts, cdn }: World, companion: Companion, options: ShareOptions): Promise<HistoryPlan> {
  const owner = companion.account.owner.contact
  const { messages, people = 12, groups = 3, stepMs = 30_000, seed = owner.pn } = options
  const newestAtMs = options.newestAtMs ?? companion.history?.newestAtMs ?? Date.now() - 60_000
  const [first, ...others] = Array.from({ length: people }, (_, nth) => accounts.person(personAt(nth)).contact)
  if (first === undefined) throw new Error('sharing a history: expected at least one person in it')
  const members = [owner, first, ...others]
  return {
    ...{ owner, people: [first, ...others], total: messages, newestAtMs, stepMs, seed },
    groups: Array.from({ length: groups }, (_, nth) => accounts.group({ ...groupAt(nth), members })),
    files: messages === 0 ? [] : [image(cdn, { bytes: await sampleJpeg(), caption: 'Assim, com morangos' })],
  }
}

const personAt = (nth: number) => ({ pn: `55119000000${30 + nth}`, name: `Pessoa ${nth + 1}` })
const groupAt = (nth: number) => ({ id: `12036300000002${String(nth).padStart(4, '0')}`, subject: `Grupo ${nth + 1}` })

function partsOfHistory(history: GeneratedHistory, of: ShareOptions & { full: boolean }): readonly MadeChunk[] {
  const { messages, statuses = 3, via = 'cdn' } = of
  const chunks = Math.max(1, of.chunks ?? Math.max(3, Math.ceil(messages / 5_000)))
  const [newest, ...older] = Array.from({ length: chunks }, (_, nth) => messagesPart(history, { ...of, chunks, nth }))
  const besides: MadeChunk[] = [
    { options: { syncType: 'PUSH_NAME', via: 'inline' }, make: () => ({ pushNames: namesOf(history.people) }) },
    {
      options: { syncType: 'INITIAL_STATUS_V3', via },
      make: () => ({ statuses: Array.from({ length: statuses }, (_, place) => history.status(place)) }),
    },
    { options: { syncType: 'NON_BLOCKING_DATA', via }, make: () => ({ mappings: history.people }) },
  ]
  return [...(newest === undefined ? [] : [newest]), ...besides, ...older]
}

type Slice = ShareOptions & { full: boolean; chunks: number; nth: number }

function messagesPart(history: GeneratedHistory, of: Slice): MadeChunk {
  const { messages, chunks, nth, overlap = 0, via = 'cdn', faults = [] } = of
  const broken = faults.find(({ chunk }) => chunk === nth + 1)
  const edge = (chunk: number) => Math.floor((messages * chunk) / chunks)
  const [from, to] = [Math.max(0, edge(nth) - (nth === 0 ? 0 : overlap)), edge(nth + 1)]
  return {
    options: { ...headOf(of), via, ...(broken && { fault: broken.fault }) },
    make: () => ({
      messages: Array.from({ length: to - from }, (_, place) => history.message(from + place)),
      chats: chatsOf(history, nth === chunks - 1),
    }),
  }
}

/** The first is the bootstrap; of the others the older half is FULL, where that is wanted. Chunks and percents count within a type. */
function headOf({ full, chunks, nth }: Slice): { syncType: HistorySyncName; chunkOrder: number; progress: number } {
  if (nth === 0) return { syncType: 'INITIAL_BOOTSTRAP', chunkOrder: 1, progress: 100 }
  const recent = full ? Math.floor((chunks - 1) / 2) : chunks - 1
  const isRecent = nth <= recent
  const [place, of] = isRecent ? [nth, recent] : [nth - recent, chunks - 1 - recent]
  return { syncType: isRecent ? 'RECENT' : 'FULL', chunkOrder: place, progress: Math.round((100 * place) / of) }
}

/** The first few are kept in some way; all are said in each chunk, as phones do. */
function chatsOf(
  { people, groups, owner, newestAtMs, total, stepMs }: GeneratedHistory,
  isLast: boolean,
): readonly HistoryChat[] {
  const kept: readonly Omit<HistoryChat, 'chat'>[] = [
    { pinnedAtMs: newestAtMs, unreadCount: 2 },
    { archived: true, mutedUntilMs: null },
    { mutedUntilMs: newestAtMs + 86_400_000, markedUnread: true },
    { locked: true, expiresInSeconds: 604_800 },
  ]
  const createdAtMs = newestAtMs - total * stepMs
  const end = isLast ? { isComplete: true } : {}
  return [
    ...people.map((chat, nth) => ({ chat, name: `${chat.name} da agenda`, ...kept[nth], ...end })),
    ...groups.map(chat => ({ chat, description: `Sobre ${chat.subject}`, createdAtMs, createdBy: owner, ...end })),
  ]
}

const namesOf = (people: readonly Contact[]) => people.map(of => ({ of, name: of.name }))
