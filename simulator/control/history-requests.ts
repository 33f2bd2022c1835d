// What the control API accepts of the phone's history: how much of it to share, or one chunk of it, message by message.
import { proto } from '@whiskeysockets/baileys'
import { z } from 'zod'
import type { HistorySyncName } from '../accounts/history/encode-history.ts'
import type { HistoryFault } from '../accounts/history/history-fault.ts'
import type { ShareOptions } from '../accounts/history/share-history.ts'
import { group, messageRequest, person } from './requests.ts'

const count = z.int().min(0)
/** Epoch milliseconds. */
const instant = count
const text = z.string().min(1)
const on = z.boolean().exactOptional()
const via = z.enum(['inline', 'cdn']).exactOptional()

const isSyncType = (name: string): name is HistorySyncName => name in proto.HistorySync.HistorySyncType && !/^\d/.test(name)
const isStub = (name: string): name is keyof typeof proto.WebMessageInfo.StubType =>
  name in proto.WebMessageInfo.StubType && !/^\d/.test(name)

/** `announced` says 2 GiB unless told otherwise. */
const fault = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['tampered', 'truncated', 'empty']) }),
  z.strictObject({ kind: z.literal('announced'), sizeBytes: count.default(2 * 1024 ** 3) }),
  z.strictObject({ kind: z.literal('gone'), status: z.literal([404, 410]).default(404) }),
  z.strictObject({ kind: z.literal('slow'), bytesPerSecond: z.int().min(1) }),
]) satisfies z.ZodType<HistoryFault>

const isOfDownload = (one: HistoryFault): boolean => one.kind === 'gone' || one.kind === 'slow'
const cdnOnly = 'expected via cdn: inline there is no download that could be gone or slow'

/** `chunk` of a fault is the place of that chunk among those of messages, from 1. */
export const shareRequest = z
  .strictObject({
    messages: count.max(1_000_000),
    chunks: z.int().min(1).max(10_000).exactOptional(),
    overlap: count.exactOptional(),
    people: z.int().min(1).max(60).exactOptional(),
    groups: count.max(1000).exactOptional(),
    statuses: count.max(1000).exactOptional(),
    full: on,
    stepMs: count.exactOptional(),
    newestAtMs: instant.exactOptional(),
    seed: text.exactOptional(),
    via,
    faults: z.array(z.strictObject({ chunk: z.int().min(1), fault })).exactOptional(),
  })
  .refine(({ via: way, faults = [] }) => way !== 'inline' || !faults.some(one => isOfDownload(one.fault)), {
    path: ['faults'],
    message: cdnOnly,
  }) satisfies z.ZodType<ShareOptions>

const done = { from: person, atMs: instant }
const names = z.array(z.string()).max(1000)

/** `written`: as for the call that sends one, also its id and time. With a stub nothing is left of what was written. */
const historyMessage = z.strictObject({
  written: messageRequest.refine(({ kind }) => kind !== 'withheld', 'expected what was written, and no placeholder'),
  pnAddressed: on,
  status: z.enum(['error', 'pending', 'server', 'delivered', 'read', 'played']).exactOptional(),
  starred: on,
  revokedAtMs: instant.exactOptional(),
  pinned: z.strictObject({ atMs: instant, seconds: count }).exactOptional(),
  reactions: z.array(z.strictObject({ ...done, emoji: z.string() })).exactOptional(),
  votes: z.array(z.strictObject({ ...done, options: names })).exactOptional(),
  answers: z
    .array(z.strictObject({ ...done, answer: z.enum(['going', 'not-going', 'maybe']), extraGuests: count.exactOptional() }))
    .exactOptional(),
  receipts: z
    .array(
      z.strictObject({
        who: person,
        deliveredAtMs: instant.exactOptional(),
        readAtMs: instant.exactOptional(),
        playedAtMs: instant.exactOptional(),
      }),
    )
    .exactOptional(),
  order: count.exactOptional(),
  stub: z
    .strictObject({
      type: z.string().refine(isStub, 'expected a name of WhatsApp’s, such as CIPHERTEXT'),
      parameters: names.exactOptional(),
    })
    .exactOptional(),
})
export type HistoryMessageRequest = z.infer<typeof historyMessage>

const historyChat = z.strictObject({
  with: z.union([group, person]),
  pnAddressed: on,
  name: text.exactOptional(),
  archived: on,
  pinnedAtMs: instant.exactOptional(),
  mutedUntilMs: instant.nullable().exactOptional(),
  unreadCount: count.exactOptional(),
  markedUnread: on,
  locked: on,
  expiresInSeconds: count.exactOptional(),
  description: text.exactOptional(),
  createdAtMs: instant.exactOptional(),
  createdBy: person.exactOptional(),
  parentGroupId: z.string().endsWith('@g.us').exactOptional(),
  isComplete: on,
})
export type HistoryChatRequest = z.infer<typeof historyChat>

/** `pushNames` are those of who wrote it, where they are not given. */
export const chunkRequest = z
  .strictObject({
    syncType: z.string().refine(isSyncType, 'expected a type of history, such as RECENT').exactOptional(),
    chunkOrder: count.exactOptional(),
    progress: count.max(100).exactOptional(),
    via,
    fault: fault.exactOptional(),
    messages: z.array(historyMessage).max(50_000).default([]),
    chats: z.array(historyChat).max(50_000).default([]),
    statuses: z.array(z.strictObject({ from: person, text, timestampMs: instant, id: text.exactOptional() })).default([]),
    pushNames: z.array(z.strictObject({ of: person, name: text })).exactOptional(),
    mappings: z.array(person).exactOptional(),
    pastParticipants: z
      .array(z.strictObject({ group, who: person, atMs: instant, isRemoved: z.boolean().default(false) }))
      .exactOptional(),
  })
  .refine(({ via: way = 'inline', fault: broken }) => way === 'cdn' || broken === undefined || !isOfDownload(broken), {
    path: ['fault'],
    message: cdnOnly,
  })
export type ChunkRequest = z.infer<typeof chunkRequest>

const ana = { pn: '5511900000011', name: 'Ana Souza' }
const bruno = { pn: '5511900000012', name: 'Bruno Lima' }
const bakery = { id: '120363000000000001', subject: 'Padaria do Bairro', members: [ana, bruno] }
const atMs = 1_700_000_000_000

export const shareExamples: readonly object[] = [
  { messages: 300, chunks: 3, overlap: 20 },
  { messages: 200_000, full: true },
  { messages: 90, chunks: 3, faults: [{ chunk: 2, fault: { kind: 'tampered' } }] },
]

export const chunkExamples: readonly object[] = [
  {
    syncType: 'INITIAL_BOOTSTRAP',
    messages: [
      {
        written: { kind: 'text', from: ana, text: 'Vocês fazem bolo?', timestampMs: atMs, id: '3EB0000000000000000001' },
        reactions: [{ from: { pn: '5511900000001' }, emoji: '👍', atMs }],
        starred: true,
      },
      {
        written: { kind: 'poll', from: bruno, group: bakery, name: 'Que sabor?', options: ['Morango'], timestampMs: atMs },
        votes: [{ from: ana, options: ['Morango'], atMs }],
      },
      {
        written: { kind: 'text', to: ana, text: 'Sim', timestampMs: atMs },
        status: 'read',
        receipts: [{ who: ana, readAtMs: atMs }],
      },
      { written: { kind: 'text', from: ana, text: '', timestampMs: atMs }, stub: { type: 'CIPHERTEXT' } },
    ],
    chats: [
      { with: ana, name: 'Ana da agenda', archived: true, mutedUntilMs: null },
      { with: bakery, description: 'Todo dia às seis' },
    ],
  },
  { syncType: 'INITIAL_STATUS_V3', statuses: [{ from: ana, text: 'Na praia', timestampMs: atMs }] },
  { syncType: 'PUSH_NAME', pushNames: [{ of: ana, name: 'Ana' }] },
  { syncType: 'NON_BLOCKING_DATA', mappings: [ana, bruno] },
  { via: 'cdn', fault: { kind: 'gone', status: 410 } },
]
