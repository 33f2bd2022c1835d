// Server-sent events (WHATWG HTML, 9.2): what is written for an event, for the end of a stream, and while nothing happens.
import type { Event } from '../../events/event.ts'
import { isoInstant } from '../../runtime/calendar.ts'
import { eventBody, type Links } from '../../webhooks/bridge/event-body.ts'

/** Fields `event` and `data`, as they are for every reader; `withId` completes them. `data` is the body of a webhook, in one line. */
export const eventFields = (event: Event, links: Links): Buffer =>
  Buffer.from(`event: ${event.type}\ndata: ${eventBody(event, links)}\n\n`)

/** null: there is no place to go on from yet, or it is too long to be given back. */
export const withId = (token: string | null, fields: Buffer): Buffer =>
  token === null ? fields : Buffer.concat([Buffer.from(`id: ${token}\n`), fields])

/** Without data nothing is dispatched, but whoever reads goes on from this id. */
export const comment = (text: string, token: string | null): Buffer => withId(token, Buffer.from(`: ${text}\n\n`))

export const endFrame = (of: { reason: string; detail: string }, nowAt: number): Buffer =>
  Buffer.from(
    `event: stream.ended\ndata: ${JSON.stringify({ type: 'stream.ended', timestamp: isoInstant(nowAt), data: of })}\n\n`,
  )
