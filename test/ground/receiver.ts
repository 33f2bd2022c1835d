// A client's webhook receiver on loopback: verifies every signature with the official library, takes each webhook-id in once, and answers as told.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { wait } from '../../src/runtime/wait.ts'

export type WebhookBody = {
  type: string
  timestamp: string
  data: Record<string, unknown> & { eventId: string; instanceId: string; chatId?: string; sequence: number }
}
/** One request as it came in. `attempt` is what zaplog says, `copy` counts this webhook-id here, from 1. */
export type ReceivedAttempt = {
  webhookId: string
  attempt: number
  copy: number
  skipped: number
  path: string
  headers: IncomingHttpHeaders
  text: string
  body: WebhookBody
  receivedAt: number
}
/** What to answer; `{}` is 200 at once. */
export type Answer = {
  status?: number
  headers?: Record<string, string>
  body?: string
  /** Waits so long before the head. */
  delayMs?: number
  /** Never answers; the connection stays open until somebody else closes it. */
  stall?: boolean
  /** Sends head and then one byte each `dripMs`, for ever. */
  dripMs?: number
}
export type Receiver = {
  url: string
  /** Secrets to verify with; any of them will do. Without one, nothing is verified. */
  trust(...secrets: readonly string[]): void
  /** Every request with a readable body, in arrival order. */
  attempts: readonly ReceivedAttempt[]
  /** The first 2xx per webhook-id, in arrival order: what a client takes effect from. */
  accepted: readonly ReceivedAttempt[]
  /** `accepted` of one chat. */
  acceptedOf(chatId: string): readonly ReceivedAttempt[]
  /** Why requests were refused with 401 or 400. */
  refused: readonly string[]
  openConnections(): number
  /** Connections that the other side ended before the answer was whole. */
  cutConnections(): number
  close(): Promise<void>
}

export async function openReceiver(
  options: { respond?: (attempt: ReceivedAttempt) => Answer | Promise<Answer>; port?: number } = {},
): Promise<Receiver> {
  const attempts: ReceivedAttempt[] = []
  const accepted = new Map<string, ReceivedAttempt>()
  const copies = new Map<string, number>()
  const refused: string[] = []
  const closing = new AbortController()
  let verifiers: readonly Webhook[] = []
  let open = 0
  let cut = 0

  async function receive(request: IncomingMessage, response: ServerResponse) {
    const text = await readText(request)
    const problem = verify(verifiers, text, request.headers)
    if (problem !== null) {
      refused.push(problem)
      response.writeHead(401).end()
      return
    }
    const attempt = describe(request, text, copies)
    attempts.push(attempt)
    const answer = (await options.respond?.(attempt)) ?? {}
    const status = answer.status ?? 200
    if (answer.stall === true) return
    if (answer.delayMs !== undefined) await wait(answer.delayMs, closing.signal)
    if (status >= 200 && status < 300 && !accepted.has(attempt.webhookId)) accepted.set(attempt.webhookId, attempt)
    response.writeHead(status, answer.headers)
    if (answer.dripMs === undefined) response.end(answer.body)
    else await drip(response, answer.dripMs, closing.signal)
  }

  const server = createServer((request, response) => {
    response.on('close', () => {
      if (!response.writableEnded) cut++
    })
    receive(request, response).catch(error => {
      refused.push(String(error))
      response.headersSent ? response.destroy() : response.writeHead(400).end()
    })
  })
  server.on('connection', socket => {
    open++
    socket.on('close', () => open--)
  })
  await new Promise<void>(resolve => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    trust: (...secrets) => {
      verifiers = secrets.map(secret => new Webhook(secret))
    },
    attempts,
    get accepted() {
      return [...accepted.values()]
    },
    acceptedOf: chatId => [...accepted.values()].filter(one => one.body.data.chatId === chatId),
    refused,
    openConnections: () => open,
    cutConnections: () => cut,
    close: () =>
      new Promise(resolve => {
        closing.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function describe(request: IncomingMessage, text: string, copies: Map<string, number>): ReceivedAttempt {
  const webhookId = String(request.headers['webhook-id'])
  const copy = (copies.get(webhookId) ?? 0) + 1
  copies.set(webhookId, copy)
  return {
    webhookId,
    copy,
    attempt: Number(request.headers['zaplog-attempt']),
    skipped: Number(request.headers['zaplog-skipped'] ?? 0),
    path: request.url ?? '',
    headers: request.headers,
    text,
    body: JSON.parse(text) as WebhookBody,
    receivedAt: Date.now(),
  }
}

function verify(verifiers: readonly Webhook[], text: string, headers: IncomingHttpHeaders): string | null {
  if (verifiers.length === 0) return null
  const flat = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  const problems: string[] = []
  for (const verifier of verifiers)
    try {
      verifier.verify(text, flat)
      return null
    } catch (error) {
      problems.push(String(error))
    }
  return problems.join('; ')
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function drip(response: ServerResponse, everyMs: number, signal: AbortSignal) {
  while (!response.destroyed && !signal.aborted) {
    response.write('.')
    await wait(everyMs, signal)
  }
}
