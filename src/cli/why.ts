// zaplog events why and zaplog media why: what became of an event or of the file of a message, from all that zaplog can be asked of it.
import { z } from 'zod'
import { describeError } from '../runtime/logger.ts'
import { command as commandAnswer } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi, listAll } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { findSender } from './find-sender.ts'
import { columnsOf } from './fit-terminal.ts'
import { type Result, runVerb } from './run-verb.ts'
import { delivery, type Facts, found, type Link, message } from './why-facts.ts'
import { describeFacts, nextSteps, timelineOf } from './why-told.ts'

type Asked = { id: string; instance?: string | undefined }

export const whyEvent = (id: string, { instance }: { instance?: string }) =>
  runVerb(api => explain(api, { id, instance }, 'event'))
export const whyMedia = (id: string, { instance }: { instance?: string }) =>
  runVerb(api => explain(api, { id, instance }, 'media'))

/** Rejects CallFailed where nothing leads to it, or it has no file and one was asked for. */
export async function explain(api: ApiSettings, asked: Asked, about: 'event' | 'media'): Promise<Result> {
  const eventId = await eventIdOf(api, asked)
  const facts = await readFacts(api, eventId)
  if (about === 'media' && facts.message?.media == null)
    throw new CallFailed(`event ${eventId} is of no message with a file; ${api.zaplog} events why ${eventId} says what it is`)
  const [timeline, next] = [timelineOf(facts), nextSteps(facts, api.zaplog)]
  return { json: { ...facts, timeline, next }, text: describeFacts(facts, { timeline, next }, columnsOf(process.stdout)) }
}

const eventIds = /^[0-9a-f]{32}$/

/** Of WhatsApp's id of a message: of the account that is named, or of the only one there is. */
async function eventIdOf(api: ApiSettings, { id, instance }: Asked): Promise<string> {
  if (instance === undefined && eventIds.test(id)) return id
  return (await readMessage(api, { id, instance: instance ?? (await findSender(api, undefined)).id })).eventId
}

async function readFacts(api: ApiSettings, eventId: string): Promise<Facts> {
  const path = `/v1/events/${encodeURIComponent(eventId)}`
  const event = await callApi(api, { doing: 'looking for the event', method: 'GET', path, answer: found })
  const deliveries = await listAll(api, { doing: 'reading its deliveries', path: `${path}/deliveries` }, delivery)
  const of = { instance: event.instanceId, id: eventId }
  const about = event.row === 'message' ? await readMessage(api, of) : null
  const commandId = about?.commandId ?? commandIdIn(event.body)
  const command = commandId === null ? null : await readCommand(api, { instance: event.instanceId, commandId })
  return { event, message: about, command, deliveries, link: await askLink(about?.media?.url ?? null) }
}

const readMessage = (api: ApiSettings, { instance, id }: { instance: string; id: string }) =>
  callApi(api, {
    doing: `reading message ${id}`,
    method: 'GET',
    path: `/v1/instances/${encodeURIComponent(instance)}/messages/${encodeURIComponent(id)}`,
    answer: message,
  })

const bodyWithCommand = z.looseObject({ data: z.looseObject({ commandId: z.string() }) })

const commandIdIn = (body: unknown): string | null => bodyWithCommand.safeParse(body).data?.data.commandId ?? null

/** null: it is long over, and forgotten; or it is another zaplog’s. */
async function readCommand(api: ApiSettings, { instance, commandId }: { instance: string; commandId: string }) {
  const path = `/v1/instances/${encodeURIComponent(instance)}/commands/${encodeURIComponent(commandId)}`
  try {
    return await callApi(api, { doing: `reading command ${commandId}`, method: 'GET', path, answer: commandAnswer })
  } catch (error) {
    if (error instanceof CallFailed && error.slug === 'command-not-found') return null
    throw error
  }
}

const PATIENCE_MS = 10_000

/** As somebody has it who was sent it: without a key, and of the bytes no more than how many there are. */
async function askLink(url: string | null): Promise<Link | null> {
  if (url === null) return null
  try {
    const { status, headers } = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE_MS) })
    const sizeBytes = headers.get('content-length')
    return {
      url,
      status,
      error: null,
      sizeBytes: sizeBytes === null ? null : Number(sizeBytes),
      cache: headers.get('cache-control'),
    }
  } catch (error) {
    return { url, status: null, error: describeError(error), sizeBytes: null, cache: null }
  }
}
