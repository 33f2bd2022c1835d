// Server-sent events (WHATWG HTML, 9.2): what is written for an event, for what is no event, for the end of a stream, and while nothing happens.
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

export const endFrame = (of: { reason: string; detail: string }, nowAt: number): Buffer => signalFrame('stream.ended', of, nowAt)

/** Of what is in no log, such as how a stream ends: it has no id, and whoever reads goes on from the one before. */
export const signalFrame = (type: string, data: object, nowAt: number): Buffer =>
  Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, timestamp: isoInstant(nowAt), data })}\n\n`)
