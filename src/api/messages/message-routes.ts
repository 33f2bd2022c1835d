// /v1/instances/{id}/chats, messages, contacts, media: the read model, newest first, under whichever address a chat is asked for.
import { z } from 'zod'
import type { Database } from '../../database/database.ts'
import { chatForms } from '../../events/chat-address.ts'
import { kinds, mediaReasons, mediaStatuses } from '../../events/vocabulary.ts'
import {
  getMessage,
  listChats,
  listContacts,
  listMedia,
  listMessages,
  type MediaListAnswer,
  type MessageAnswer,
} from '../../projections/read-model/queries.ts'
import type { MediaLinks } from '../../runtime/media-links.ts'
import { chatAddress } from '../chat-address.ts'
import type { App } from '../create-app.ts'
import { readPage } from '../cursor.ts'
import { describeCall } from '../describe-call.ts'
import { demandInstance } from '../instances/read-instances.ts'
import type { KeptPositions } from '../kept-positions.ts'
import { pageOf, pageQuery } from '../pagination.ts'
import { awaitPosition, waitForQuery } from '../position.ts'
import { Problem } from '../problems.ts'
import { wordOf } from '../words.ts'
import { chat, contact, mediaItem, message } from './message-shapes.ts'

type Deps = { database: Database; links: MediaLinks; kept: KeptPositions; stopping: AbortSignal }

const params = z.object({ id: z.string() })
const page = { ...pageQuery, ...waitForQuery }
const chatId = z.exactOptional(chatAddress).describe(`any of the chat’s addresses: ${chatForms}`)

export function messageRoutes(app: App, deps: Deps) {
  routeChats(app, deps)
  routeContacts(app, deps)
  routeMessages(app, deps)
  routeMessage(app, deps)
  routeMedia(app, deps)
}

/** What every read of an instance begins with. Throws Problem. */
async function prepare(deps: Deps, id: string, waitFor: string | undefined) {
  await demandInstance(deps.database, id)
  await awaitPosition(deps, waitFor)
}

function routeChats(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/chats',
    schema: describeCall('List chats, the last active first', {
      tag: 'messages',
      params,
      querystring: z.strictObject(page),
      answers: { 200: pageOf(chat) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepare(deps, id, waitFor)
      return listed(await readPage(request.cursor, () => listChats(deps.database, { instanceId: id, ...request })))
    },
  })
}

function routeContacts(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/contacts',
    schema: describeCall('List contacts, the last changed first', {
      tag: 'messages',
      params,
      querystring: z.strictObject(page),
      answers: { 200: pageOf(contact) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepare(deps, id, waitFor)
      return listed(await readPage(request.cursor, () => listContacts(deps.database, { instanceId: id, ...request })))
    },
  })
}

function routeMessages(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/messages',
    schema: describeCall('List messages, newest first', {
      tag: 'messages',
      params,
      querystring: z.strictObject({
        ...page,
        chatId,
        q: z.exactOptional(z.string().min(1).max(500)).describe('words of the text; -word, "a phrase", or'),
      }),
      answers: { 200: pageOf(message) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepare(deps, id, waitFor)
      const { data, nextCursor } = await readPage(request.cursor, () =>
        listMessages(deps.database, { instanceId: id, ...request }),
      )
      return { data: data.map(one => linked(deps.links, one)), nextCursor }
    },
  })
}

function routeMessage(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/messages/:messageId',
    schema: describeCall('Read a message, by WhatsApp’s id or by its event’s', {
      tag: 'messages',
      params: params.extend({ messageId: z.string() }),
      querystring: z.strictObject({
        ...waitForQuery,
        chatId: chatId.describe('of several messages with one id, the one in this chat'),
      }),
      answers: { 200: message },
      problems: [404],
    }),
    handler: async ({ params: { id, messageId }, query }) => {
      await prepare(deps, id, query.waitFor)
      const found = await getMessage(deps.database, { instanceId: id, messageId, chatId: query.chatId ?? null })
      if (found === null) throw new Problem('message-not-found', `instance ${id} has no message ${messageId.slice(0, 200)}`)
      return linked(deps.links, found)
    },
  })
}

function routeMedia(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/media',
    schema: describeCall('List media, newest first', {
      tag: 'media',
      params,
      querystring: z.strictObject({
        ...page,
        chatId,
        kind: z.exactOptional(wordOf(kinds)),
        status: z.exactOptional(wordOf(mediaStatuses)),
        reason: z.exactOptional(wordOf(mediaReasons)),
      }),
      answers: { 200: pageOf(mediaItem) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepare(deps, id, waitFor)
      const { data, nextCursor } = await readPage(request.cursor, () => listMedia(deps.database, { instanceId: id, ...request }))
      return { data: data.map(one => ({ ...one, ...urlsOf(deps.links, one) })), nextCursor }
    },
  })
}

const listed = <Item>({ data, nextCursor }: { data: readonly Item[]; nextCursor: string | null }) => ({
  data: [...data],
  nextCursor,
})

const linked = (links: MediaLinks, one: MessageAnswer) => ({
  ...one,
  media: one.media === null ? null : { ...one.media, ...urlsOf(links, { eventId: one.eventId, ...one.media }) },
})

const urlsOf = (links: MediaLinks, of: Pick<MediaListAnswer, 'eventId' | 'hasThumbnail'>) => ({
  url: links.link(of.eventId, 'file'),
  thumbnailUrl: of.hasThumbnail ? links.link(of.eventId, 'thumbnail') : null,
})
