// The calls of /sim/v1 by which the phone shares its history: so many messages that are made up, or a chunk that is described.
import type { z } from 'zod'
import type { Contact } from '../accounts/accounts.ts'
import { text } from '../accounts/content.ts'
import type { SimDevice } from '../accounts/device.ts'
import type { HistoryChat } from '../accounts/history/history-chat.ts'
import type { HistoryMessage } from '../accounts/history/history-message.ts'
import type { SentChunk } from '../accounts/send-history.ts'
import type { Simulator } from '../simulator.ts'
import { type At, type ControlCall, does } from './call.ts'
import {
  type ChunkRequest,
  chunkExamples,
  chunkRequest,
  type HistoryChatRequest,
  type HistoryMessageRequest,
  shareExamples,
  shareRequest,
} from './history-requests.ts'
import { writtenBy } from './message.ts'
import { namedGroup } from './named-group.ts'

export const historyCalls: readonly ControlCall[] = [
  does(
    {
      path: '/sim/v1/devices/:pn/history',
      about:
        'The phone shares its history: so many messages, made on the fly, in chunks, with names, statuses and addresses. Answers each chunk.',
      takes: shareRequest,
      examples: shareExamples,
    },
    async ({ device }, options) => ({ data: (await device().shareHistory(options)).chunks }),
  ),
  does(
    {
      path: '/sim/v1/devices/:pn/history/chunks',
      about: 'One chunk of history, message by message. Answers its notification’s id, and its path on the CDN.',
      takes: chunkRequest,
      examples: chunkExamples,
    },
    sendChunk,
  ),
]

type Of = { simulator: Simulator; device: SimDevice }

async function sendChunk({ simulator, device }: At, request: ChunkRequest): Promise<SentChunk> {
  const of = { simulator, device: device() }
  const { messages, chats, statuses, pushNames, mappings, pastParticipants, ...options } = request
  return of.device.historyChunk({
    ...options,
    messages: await Promise.all(messages.map(message => messageOf(of, message))),
    chats: chats.map(chat => chatOf(of, chat)),
    statuses: statuses.map(({ text: said, ...status }) => ({
      ...status,
      from: simulator.contact(status.from),
      content: text(said),
    })),
    ...(pushNames && { pushNames: pushNames.map(({ of: who, name }) => ({ of: simulator.contact(who), name })) }),
    ...(mappings && { mappings: mappings.map(simulator.contact) }),
    ...(pastParticipants && { pastParticipants: pastParticipants.map(past => ({ ...past, ...leftOf(of, past) })) }),
  })
}

async function messageOf(of: Of, request: HistoryMessageRequest): Promise<HistoryMessage> {
  const { written, reactions, votes, answers, receipts, stub, ...beside } = request
  const { id, timestampMs = Date.now() } = written
  const { from, chat, content } = await writtenBy(of.simulator, of.device, written)
  const { contact } = of.simulator
  return {
    ...beside,
    ...{ from, chat, timestampMs },
    ...(id !== undefined && { id }),
    ...(stub === undefined ? { content } : { stub }),
    ...(reactions && { reactions: reactions.map(byContact(contact)) }),
    ...(votes && { votes: votes.map(byContact(contact)) }),
    ...(answers && { answers: answers.map(byContact(contact)) }),
    ...(receipts && { receipts: receipts.map(receipt => ({ ...receipt, who: contact(receipt.who) })) }),
  }
}

type Named = HistoryChatRequest['createdBy'] & object

const byContact =
  (contact: Simulator['contact']) =>
  <Done extends { from: Named }>(done: Done): Omit<Done, 'from'> & { from: Contact } => ({ ...done, from: contact(done.from) })

function chatOf(of: Of, { with: named, createdBy, ...said }: HistoryChatRequest): HistoryChat {
  const chat = 'subject' in named ? namedGroup(of.simulator, named, { owner: of.device.owner }) : of.simulator.contact(named)
  return { ...said, chat, ...(createdBy && { createdBy: of.simulator.contact(createdBy) }) }
}

type Past = NonNullable<z.infer<typeof chunkRequest>['pastParticipants']>[number]

const leftOf = ({ simulator, device }: Of, { group, who }: Past) => ({
  group: namedGroup(simulator, group, { owner: device.owner }),
  who: simulator.contact(who),
})
