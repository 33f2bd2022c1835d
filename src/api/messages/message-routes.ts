// /v1/instances/{id}/messages and media: the read model, newest first, under whichever address a chat is asked for.
import { z } from 'zod'
import { chatForms } from '../../events/chat-address.ts'
import { kinds, mediaReasons, mediaStatuses } from '../../events/vocabulary.ts'
import {
  getMessage,
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
import { pageOf } from '../pagination.ts'
import { waitForQuery } from '../position.ts'
import { Problem } from '../problems.ts'
import { wordOf } from '../words.ts'
import { mediaItem, message } from './message-shapes.ts'
import { ofInstance, pageOfInstance, prepareRead, type ReadDeps } from './prepare-read.ts'

type Deps = ReadDeps & { links: MediaLinks }

const chatId = z.exactOptional(chatAddress).describe(`any of the chat’s addresses: ${chatForms}`)

const yes = z.literal('true').transform((): true => true)

export function messageRoutes(app: App, deps: Deps) {
  routeMessages(app, deps)
  routeMessage(app, deps)
  routeMedia(app, deps)
}

function routeMessages(app: App, deps: Deps) {
  app.route({
    method: 'GET',
    url: '/v1/instances/:id/messages',
    schema: describeCall('List messages, newest first', {
      tag: 'messages',
      params: ofInstance,
      querystring: z.strictObject({
        ...pageOfInstance,
        chatId,
        q: z
          .exactOptional(z.string().min(1).max(500))
          .describe(
            'words that `text` has (the text, or the caption), all of them, whole and in any case; -word: not this one; "a phrase": as it stands; or: either. What is elsewhere is not searched: names and options of polls, contacts, files',
          ),
        starred: z.exactOptional(yes).describe('those that the account starred'),
        pinned: z.exactOptional(yes).describe('those that are pinned in their chat now'),
        parentMessageId: z
          .exactOptional(z.string().min(1))
          .describe('those of this album, answers to this event, comments on this post'),
      }),
      answers: { 200: pageOf(message) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
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
      params: ofInstance.extend({ messageId: z.string() }),
      querystring: z.strictObject({
        ...waitForQuery,
        chatId: chatId.describe('of several messages with one id, the one in this chat'),
      }),
      answers: { 200: message },
      problems: [404],
    }),
    handler: async ({ params: { id, messageId }, query }) => {
      await prepareRead(deps, id, query.waitFor)
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
      params: ofInstance,
      querystring: z.strictObject({
        ...pageOfInstance,
        chatId,
        kind: z.exactOptional(wordOf(kinds)),
        status: z.exactOptional(wordOf(mediaStatuses)),
        reason: z.exactOptional(wordOf(mediaReasons)),
      }),
      answers: { 200: pageOf(mediaItem) },
      problems: [404],
    }),
    handler: async ({ params: { id }, query: { waitFor, ...request } }) => {
      await prepareRead(deps, id, waitFor)
      const { data, nextCursor } = await readPage(request.cursor, () => listMedia(deps.database, { instanceId: id, ...request }))
      return { data: data.map(one => ({ ...one, ...urlsOf(deps.links, one) })), nextCursor }
    },
  })
}

const linked = (links: MediaLinks, one: MessageAnswer) => ({
  ...one,
  media: one.media === null ? null : { ...one.media, ...urlsOf(links, { eventId: one.eventId, ...one.media }) },
})

const urlsOf = (links: MediaLinks, of: Pick<MediaListAnswer, 'eventId' | 'hasThumbnail'>) => ({
  url: links.link(of.eventId, 'file'),
  thumbnailUrl: of.hasThumbnail ? links.link(of.eventId, 'thumbnail') : null,
})
