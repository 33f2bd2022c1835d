// A client's webhook receiver in a process of its own: verifies every signature, answers 200 after a set time, and tells what came when.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { answerCalls } from './child.ts'
import { quantile } from './measure.ts'
import { epochMs, readWritten } from './written-text.ts'

export type Arrived = {
  /** From the first arrival to the last answer. */
  seconds: number
  /** Of the last answer, in epoch milliseconds. */
  lastAt: number
  /** From the writing of a text to the arrival of its webhook. */
  p50Ms: number
  p99Ms: number
  latenciesMs: readonly number[]
  /** Requests beyond the first of a webhook-id. */
  copies: number
  /** Texts that came after a later one of their chat. */
  outOfOrder: number
}
type Count = {
  n: number
  webhookIds: Set<string>
  lastOfChat: Map<string, number>
  latenciesMs: number[]
  firstAt: number
  copies: number
  outOfOrder: number
  answered: number
  done(arrived: Arrived): void
  failed(error: Error): void
}

const GIVE_UP_MS = 60_000

let configured: { verifiers: readonly Webhook[]; delayMs: number; dead: readonly number[] } = {
  verifiers: [],
  delayMs: 0,
  dead: [],
}
let count: Count | null = null

const server = createServer((request, response) => {
  receive(request, response).catch(error => {
    count?.failed(new Error(`receiving a webhook: ${error}`))
    response.writeHead(400).end()
  })
})
await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

const calls = {
  /** An endpoint's own URL is this and its place among the secrets. */
  url: async () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
  /** `delayMs`: how long it takes to answer. `dead`: places of endpoints that take nothing, 503, and are not counted. */
  configure: async (of: { secrets: readonly string[]; delayMs: number; dead?: readonly number[] }) => {
    const verifiers = of.secrets.map(secret => new Webhook(secret))
    configured = { verifiers, delayMs: of.delayMs, dead: of.dead ?? [] }
  },
  /** Begins to count. Resolves when `n` different webhooks are answered; rejects when one is refused, and after a minute or what is said. */
  arrived: ({ n, withinMs = GIVE_UP_MS }: { n: number; withinMs?: number }) => countUntil(n, withinMs),
  /** Of the present count, so far. */
  answered: async () => count?.answered ?? 0,
}
export type ReceiverCalls = typeof calls
answerCalls(calls)

async function countUntil(n: number, withinMs: number): Promise<Arrived> {
  const { promise, resolve: done, reject: failed } = Promise.withResolvers<Arrived>()
  const begun = { firstAt: 0, copies: 0, outOfOrder: 0, answered: 0, done, failed }
  const current: Count = { n, webhookIds: new Set(), lastOfChat: new Map(), latenciesMs: [], ...begun }
  count = current
  const giveUp = setTimeout(
    () => failed(new Error(`waiting for ${n} webhooks: ${current.answered} came in ${withinMs} ms`)),
    withinMs,
  )
  return promise.finally(() => clearTimeout(giveUp))
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const arrivedAt = epochMs()
  const { dead, delayMs } = configured
  if (dead.includes(Number(request.url?.slice(1)))) return void response.writeHead(503).end()
  const body = Buffer.concat(chunks).toString('utf8')
  verify(body, request)
  if (count !== null) note(count, { webhookId: String(request.headers['webhook-id']), body, arrivedAt })
  if (delayMs === 0) answer(response)
  else setTimeout(() => answer(response), delayMs)
}

function verify(body: string, { url, headers }: IncomingMessage): void {
  const verifier = configured.verifiers[Number(url?.slice(1))]
  if (verifier === undefined) throw new Error(`expected the URL of an endpoint, got ${url}`)
  verifier.verify(body, Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])))
}

function note(to: Count, { webhookId, body, arrivedAt }: { webhookId: string; body: string; arrivedAt: number }): void {
  if (to.webhookIds.has(webhookId)) {
    to.copies++
    return
  }
  to.webhookIds.add(webhookId)
  if (to.firstAt === 0) to.firstAt = arrivedAt
  const { data }: { data: { instanceId?: string; chatId?: string; text?: string } } = JSON.parse(body)
  const { number, writtenAt } = readWritten(data.text ?? '')
  to.latenciesMs.push(arrivedAt - writtenAt)
  // {event id}_{endpoint id}: each endpoint has an order of its own
  const lane = `${webhookId.split('_', 2)[1]} ${data.instanceId} ${data.chatId}`
  if ((to.lastOfChat.get(lane) ?? 0) > number) to.outOfOrder++
  to.lastOfChat.set(lane, number)
}

/** Of copies none are expected: they would be counted as answers, and `copies` tells. */
function answer(response: ServerResponse): void {
  response.writeHead(200).end()
  if (count === null || ++count.answered < count.n) return
  const { latenciesMs, firstAt, copies, outOfOrder, done } = count
  const lastAt = epochMs()
  const [p50Ms, p99Ms] = [quantile(latenciesMs, 0.5), quantile(latenciesMs, 0.99)]
  count = null
  done({ seconds: (lastAt - firstAt) / 1000, lastAt, p50Ms, p99Ms, latenciesMs, copies, outOfOrder })
}
