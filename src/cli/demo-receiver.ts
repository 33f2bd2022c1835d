// The demo's webhook receiver: verifies each signature with the official library, fetches each file, prints one line per webhook.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { Webhook } from 'standardwebhooks'
import type { Played } from '../../simulator/conversation.ts'
import { shown as pc } from './colours.ts'
import { describeWebhook } from './describe-webhook.ts'

export type DemoReceiver = {
  url: string
  expectSecret(secret: string): void
  /** Sentences for what was played and has not arrived, verified and whole. */
  missing(played: readonly Played[]): readonly string[]
  counts(): { received: number; files: number; repeated: number }
  /** Takes what still comes unseen: zaplog is about to close, and its files and its log with it. */
  endDemo(): void
  close(): Promise<void>
}

type Media = { status: string; url?: string; sha256?: string; sizeBytes?: number; kind?: string }
type Delivery = {
  type: string
  data: { messageId?: string; kind?: string; text?: string; emoji?: string; senderName?: string; media?: Media }
}

export async function openDemoReceiver(say: (line: string) => void): Promise<DemoReceiver> {
  const arrived = new Map<string, Delivery>()
  const files = new Set<string>()
  let webhook: Webhook | null = null
  let repeated = 0
  let isOver = false

  async function receive(request: IncomingMessage): Promise<number> {
    if (isOver) return 204
    const body = await readBody(request)
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const id = String(headers['webhook-id'])
    try {
      webhook?.verify(body, headers)
    } catch (error) {
      say(`${pc.red('webhook')}  ${id} refused: ${String(error)}`)
      return 401
    }
    if (arrived.has(id)) {
      repeated++
      return 200
    }
    const delivery = JSON.parse(body) as Delivery
    arrived.set(id, delivery)
    const file = await fetchFile(delivery.data.media)
    if (file !== null && delivery.data.messageId !== undefined) files.add(delivery.data.messageId)
    say(
      `${pc.green('webhook')}  ${describeWebhook(delivery)}${file === null ? '' : pc.dim(`  ${file}`)}  ${pc.green('signature ok')}`,
    )
    return 200
  }

  const server = createServer((request, response) => {
    receive(request).then(
      status => response.writeHead(status).end(),
      error => {
        say(`${pc.red('webhook')}  ${String(error)}`)
        response.writeHead(500).end()
      },
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    expectSecret: secret => {
      webhook = new Webhook(secret)
    },
    missing: played => {
      const byMessage = new Map([...arrived.values()].map(delivery => [delivery.data.messageId, delivery]))
      return played.flatMap(line => complain(line, byMessage.get(line.messageId), files))
    },
    counts: () => ({ received: arrived.size, files: files.size, repeated }),
    endDemo: () => {
      isOver = true
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

function complain(line: Played, delivery: Delivery | undefined, files: ReadonlySet<string>): readonly string[] {
  if (delivery === undefined) return [`${line.kind} ${line.messageId}: no webhook`]
  const media = delivery.data.media
  if (media === undefined) return []
  if (media.status !== 'stored') return [`${line.kind} ${line.messageId}: media is ${media.status}`]
  return files.has(line.messageId) ? [] : [`${line.kind} ${line.messageId}: its file does not answer`]
}

/** The file behind the link, compared with the hash the webhook gives. */
async function fetchFile(media: Media | undefined): Promise<string | null> {
  if (media?.url === undefined || media.status !== 'stored') return null
  const response = await fetch(media.url)
  const bytes = Buffer.from(await response.arrayBuffer())
  const hash = createHash('sha256').update(bytes).digest('hex')
  if (!response.ok || hash !== media.sha256)
    throw new Error(`fetching ${media.url}: status ${response.status}, ${bytes.length} bytes, hash ${hash}`)
  return `${response.headers.get('content-type')}, ${bytes.length} bytes, hash ok`
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
