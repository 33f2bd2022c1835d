// What a zaplog looks like from outside: its answers, page by page, and the records of its log.
import { createHash } from 'node:crypto'
import { topics } from '../../src/events/topics.ts'
import type { LogRecord } from '../../src/log/log.ts'
import type { ItsLog } from '../ground/scenarios/its-log.ts'
import type { ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import type { EndpointName, Expected, ExpectedDelivery, Page } from './expected.ts'
import { GROUP } from './story.ts'

export type Item = Record<string, unknown>
const OPEN = ['shop', 'branch'] as const

/** Which field tells the items of a list apart, and how many make a page whose continuation is looked at. */
const LISTS: Readonly<Record<string, { id: string; limit: number }>> = {
  '/v1/endpoints': { id: 'id', limit: 2 },
  '/v1/deliveries': { id: 'id', limit: 7 },
  ...Object.fromEntries(
    OPEN.flatMap(instance => [
      [`/v1/instances/${instance}/messages`, { id: 'eventId', limit: 3 }],
      [`/v1/instances/${instance}/contacts`, { id: 'contactId', limit: 2 }],
      [`/v1/instances/${instance}/media`, { id: 'eventId', limit: 2 }],
      [`/v1/instances/${instance}/chats`, { id: 'chatId', limit: 2 }],
      [`/v1/instances/${instance}/commands`, { id: 'commandId', limit: 2 }],
    ]),
  ),
}
/** What a message or a contact that comes later moves: no page of them goes on where it was. */
const MOVING = /\/(contacts|chats)$/
const RESOURCES = [`/v1/instances/shop/groups/${GROUP}@g.us`]

export const idOf = (path: string, item: Item): string => String(item[LISTS[path.split('?')[0] ?? '']?.id ?? 'id'])

/** Every page from the cursor on. */
export async function readList(zaplog: ZaplogProcess, path: string, cursor: string | null = null): Promise<readonly Item[]> {
  const { data, nextCursor } = await readPage(zaplog, path, { limit: 200, cursor })
  return nextCursor === null ? data : [...data, ...(await readList(zaplog, path, nextCursor))]
}

export async function readPage(zaplog: ZaplogProcess, path: string, { limit, cursor }: { limit: number; cursor: string | null }) {
  const after = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
  const { status, body } = await zaplog.call('GET', `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after}`)
  if (status !== 200) throw new Error(`GET ${path}: got ${status} ${JSON.stringify(body)}`)
  return { data: body.data as readonly Item[], nextCursor: body.nextCursor as string | null }
}

export type Answers = Pick<Expected, 'lists' | 'pages' | 'deliveries' | 'instances' | 'resources'>

/** Of a zaplog where nothing moves. */
export async function readAnswers(zaplog: ZaplogProcess): Promise<Answers> {
  const lists: Record<string, readonly Item[]> = {}
  const pages: Page[] = []
  for (const [path, { limit }] of Object.entries(LISTS)) {
    lists[path] = (await readList(zaplog, path)).map(withoutLinks)
    if (!MOVING.test(path) && (lists[path]?.length ?? 0) > limit) pages.push(await readOn(zaplog, path, limit))
  }
  const { chatId } = lists['/v1/instances/branch/messages']?.[0] ?? {}
  pages.push(await readOn(zaplog, `/v1/instances/branch/messages?chatId=${encodeURIComponent(String(chatId))}`, 2))
  const instances = Object.fromEntries(
    await Promise.all(OPEN.map(async id => [id, (await zaplog.call('GET', `/v1/instances/${id}`)).body] as const)),
  )
  const resources = Object.fromEntries(
    await Promise.all(RESOURCES.map(async path => [path, (await zaplog.call('GET', path)).body] as const)),
  )
  const { '/v1/deliveries': deliveries = [], ...rest } = lists
  return { lists: rest, pages, deliveries: deliveries.map(deliveryOf), instances, resources }
}

/** A first page, and what its cursor leads to. */
async function readOn(zaplog: ZaplogProcess, path: string, limit: number): Promise<Page> {
  const { data, nextCursor } = await readPage(zaplog, path, { limit, cursor: null })
  if (nextCursor === null) throw new Error(`reading ${path}: expected more than one page of ${limit}`)
  const rest = await readList(zaplog, path, nextCursor)
  return { path, ids: data.map(item => idOf(path, item)), cursor: nextCursor, rest: rest.map(item => idOf(path, item)) }
}

export const deliveryOf = ({ id, state, attempts, endpointId, eventId }: Item): ExpectedDelivery => ({
  id: String(id),
  state: String(state),
  attempts: Number(attempts),
  endpointId: String(endpointId),
  eventId: String(eventId),
})

/** Links name the port that this process happens to have. */
export const withoutLinks = (item: Item): Item => {
  const { url: _, thumbnailUrl: _thumbnail, media, ...rest } = item
  return { ...rest, ...(media !== undefined && { media: media === null ? null : withoutLinks(media as Item) }) }
}

/** Per topic and partition, from offset 0. */
export async function readLog(its: ItsLog): Promise<Expected['log']> {
  const log: Record<string, readonly (readonly string[])[]> = {}
  for (const { name } of topics) {
    const partitions = Map.groupBy(await its.records(name), ({ partition }) => partition)
    log[name] = Array.from({ length: Math.max(-1, ...partitions.keys()) + 1 }, (_, partition) =>
      (partitions.get(partition) ?? []).map((record, place) => describeRecord(record, place)),
    )
  }
  return log
}

function describeRecord({ topic, offset, key, headers, value }: LogRecord, place: number): string {
  if (offset !== BigInt(place)) throw new Error(`reading ${topic}: expected offset ${place}, got ${offset}`)
  const digest = createHash('sha256').update(JSON.stringify([key, Object.entries(headers).toSorted()]))
  return `${headers['event-id'] ?? '-'} ${digest
    .update(value ?? '')
    .digest('hex')
    .slice(0, 16)}`
}

/** Waiting and held, per endpoint and chat, in the order in which the log has their messages. */
export async function readOwed(its: ItsLog, deliveries: readonly ExpectedDelivery[], names: ReadonlyMap<string, EndpointName>) {
  const open = deliveries.filter(({ state }) => state === 'waiting' || state === 'held')
  const inOrder = (await its.events('events')).flatMap(({ eventId, instanceId, chatId }) =>
    open
      .filter(one => one.eventId === eventId)
      .map(({ id, endpointId }) => ({ id, chat: `${instanceId} ${chatId}`, name: names.get(endpointId) ?? 'none' })),
  )
  return Object.fromEntries(
    [...Map.groupBy(inOrder, ({ name }) => name)].map(([name, ofEndpoint]) => {
      const chats = Map.groupBy(ofEndpoint, ({ chat }) => chat)
      return [name, Object.fromEntries([...chats].map(([chat, list]) => [chat, list.map(({ id }) => id)]))]
    }),
  ) as Expected['owed']
}
