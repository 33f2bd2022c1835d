// The lists of the API, as the routes ask for them: first pages, pages deep inside, and every filter, of an account that has most of everything
// and of one that has little.
import { listPage } from '../../../src/api/commands/list-page.ts'
import { listInstances } from '../../../src/api/instances/read-instances.ts'
import { listProcessing } from '../../../src/api/processing/processing-routes.ts'
import type { Transaction } from '../../../src/database/database.ts'
import {
  getGroup,
  listCalls,
  listChats,
  listContacts,
  listGroups,
  listLabels,
  listMedia,
  listMessages,
} from '../../../src/projections/read-model/queries.ts'
import { listDeliveries } from '../../../src/webhooks/bridge/queries.ts'
import { anEndpoint, aParent, busiest, busiestChat, quiet } from './many-messages.ts'

type Call = (database: Transaction) => Promise<unknown>

const limit = 50
const DAY_MS = 86_400_000
const big = { instanceId: busiest, limit }
const small = { instanceId: quiet, limit }

type Commands = Omit<Parameters<typeof listPage>[1], 'instanceState'>
const listCommands = (database: Transaction, of: Commands) => listPage(database, { ...of, instanceState: 'open' })

/** The page after the one that begins a hundred days ago. */
const deep =
  <Request extends object, Page extends { nextCursor: string | null }>(
    list: (database: Transaction, request: Request) => Promise<Page>,
    request: Request,
  ): Call =>
  async database => {
    const { nextCursor } = await list(database, { ...request, before: Date.now() - 100 * DAY_MS })
    return list(database, { ...request, cursor: nextCursor ?? undefined })
  }

export const calls: Readonly<Record<string, Call>> = {
  instances: database => listInstances(database, { limit }),
  chats: database => listChats(database, big),
  'chats, deep': database => listChats(database, { ...big, before: Date.now() - 20 * DAY_MS }),
  'chats, archived': deep(listChats, { ...big, archived: true }),
  'chats, not archived': database => listChats(database, { ...big, archived: false }),
  'chats, archived, quiet': database => listChats(database, { ...small, archived: true }),
  'chats, quiet': database => listChats(database, small),
  contacts: database => listContacts(database, big),
  'contacts, deep': database => listContacts(database, { ...big, before: Date.now() - 20 * DAY_MS }),
  groups: database => listGroups(database, big),
  'groups, deep': database => listGroups(database, { ...big, before: Date.now() - DAY_MS / 2 }),
  'groups, quiet': database => listGroups(database, small),
  'a group': database => getGroup(database, { instanceId: busiest, groupId: '9@g.us' }),
  calls: database => listCalls(database, big),
  'calls, deep': database => listCalls(database, { ...big, before: Date.now() - DAY_MS }),
  'calls, missed': database => listCalls(database, { ...big, status: 'missed' }),
  'calls of a status that there is not': database => listCalls(database, { ...big, status: 'accepted' }),
  labels: database => listLabels(database, big),
  messages: database => listMessages(database, big),
  'messages, deep': deep(listMessages, big),
  'messages, span': database =>
    listMessages(database, { ...big, after: Date.now() - 90 * DAY_MS, before: Date.now() - 89 * DAY_MS }),
  'messages, quiet': database => listMessages(database, small),
  'messages of a chat by LID': database => listMessages(database, { ...big, chatId: busiestChat.lid }),
  'messages of a chat by number, deep': deep(listMessages, { ...big, chatId: busiestChat.pn }),
  'search, often written': database => listMessages(database, { ...big, q: 'word1' }),
  'search, seldom written': database => listMessages(database, { ...big, q: 'word700' }),
  'search, hardly ever written': database => listMessages(database, { ...big, q: 'word15000' }),
  'search, never written': database => listMessages(database, { ...big, q: 'nothing' }),
  'search, two words': database => listMessages(database, { ...big, q: 'word1000 word20' }),
  'search, a phrase': database => listMessages(database, { ...big, q: '"word100 word20"' }),
  'search, without a word': database => listMessages(database, { ...big, q: '-word1' }),
  'search in a chat': database => listMessages(database, { ...big, q: 'word5000', chatId: busiestChat.pn }),
  'search, quiet': database => listMessages(database, { ...small, q: 'word100' }),
  'search, deep': deep(listMessages, { ...big, q: 'word30' }),
  'messages, starred': database => listMessages(database, { ...big, starred: true }),
  'messages, starred, deep': deep(listMessages, { ...big, starred: true }),
  'messages, starred, of a chat': database => listMessages(database, { ...big, starred: true, chatId: busiestChat.pn }),
  'messages, starred, quiet': database => listMessages(database, { ...small, starred: true }),
  'messages, pinned': database => listMessages(database, { ...big, pinned: true }),
  'messages, pinned, deep': deep(listMessages, { ...big, pinned: true }),
  'messages, pinned, of a chat': database => listMessages(database, { ...big, pinned: true, chatId: busiestChat.pn }),
  'messages, pinned, quiet': database => listMessages(database, { ...small, pinned: true }),
  'messages of a parent': database => listMessages(database, { ...big, parentMessageId: aParent }),
  'messages of a parent, deep': deep(listMessages, { ...big, parentMessageId: aParent }),
  'messages of a parent in a chat': database =>
    listMessages(database, { ...big, parentMessageId: aParent, chatId: busiestChat.lid }),
  'search, starred': database => listMessages(database, { ...big, starred: true, q: 'word700' }),
  media: database => listMedia(database, big),
  'media, deep': deep(listMedia, big),
  'media by kind': database => listMedia(database, { ...big, kind: 'video' }),
  'media by a kind that there is not': database => listMedia(database, { ...big, kind: 'sticker' }),
  'media, failed': database => listMedia(database, { ...big, status: 'failed' }),
  'media, pending': deep(listMedia, { ...big, status: 'pending' }),
  'media, skipped': database => listMedia(database, { ...big, status: 'skipped' }),
  'media by reason': database => listMedia(database, { ...big, reason: 'gone' }),
  'media of a chat': database => listMedia(database, { ...big, chatId: busiestChat.pn, kind: 'document' }),
  commands: database => listCommands(database, big),
  'commands, deep': deep(listCommands, big),
  'commands, waiting': deep(listCommands, { ...big, state: 'waiting' }),
  'commands of a chat': database => listCommands(database, { ...big, chatIds: [busiestChat.lid, busiestChat.pn] }),
  'commands of a chat, failed': database => listCommands(database, { ...big, state: 'failed', chatIds: [busiestChat.lid] }),
  'commands of a chat without any': database => listCommands(database, { ...big, chatIds: ['5511900000099@s.whatsapp.net'] }),
  'commands, failed': database => listCommands(database, { ...big, state: 'failed' }),
  'commands, failed, quiet': database => listCommands(database, { ...small, state: 'failed' }),
  'commands, sending, of which there is none': database => listCommands(database, { ...big, state: 'sending' }),
  processing: database => listProcessing(database, big),
  'processing, deep': deep(listProcessing, big),
  'processing, quiet': database => listProcessing(database, small),
  deliveries: database => listDeliveries(database, { limit }),
  'deliveries, deep': deep(listDeliveries, { limit }),
  'deliveries of an endpoint': deep(listDeliveries, { limit, endpointId: anEndpoint }),
  'deliveries, dead': database => listDeliveries(database, { limit, state: 'dead' }),
  'deliveries, waiting, of an endpoint': deep(listDeliveries, { limit, endpointId: anEndpoint, state: 'waiting' }),
  'deliveries, held': database => listDeliveries(database, { limit, state: 'held' }),
  'deliveries, delivered': database => listDeliveries(database, { limit, state: 'delivered' }),
  'deliveries of a message': database => listDeliveries(database, { limit, messageId: 'M500' }),
}
