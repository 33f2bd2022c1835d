// Receives webhooks: each signature is checked over the raw body, each delivery is handled once, and 204 is said when that is done.
// WEBHOOK_SECRET=whsec_… node examples/receiver.mjs [port]; needs nothing but Node. Ctrl-C ends it.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'

/** Yours. What throws here is answered 500, and the delivery comes again before the next one of its chat. */
function handle({ type, timestamp, data }) {
  console.log([timestamp, type, data.kind, data.senderName, data.text ?? data.emoji].filter(Boolean).join('  '))
}

const secret = Buffer.from((process.env.WEBHOOK_SECRET ?? '').replace(/^whsec_/, ''), 'base64')
if (secret.length < 24) {
  console.error('expected WEBHOOK_SECRET, the whsec_… that the endpoint was created with')
  process.exit(1)
}
const port = Number(process.argv[2] ?? 3000)
/** Whose ids are handled, also after a restart; a table with a unique column in real life. */
const handledIds = 'handled-webhooks.txt'
const handled = new Set(existsSync(handledIds) ? readFileSync(handledIds, 'utf8').split('\n') : [])

const server = createServer(async (request, response) => {
  try {
    response.writeHead(receive(request.headers, await readRaw(request))).end()
  } catch (error) {
    console.error(error)
    response.writeHead(500).end()
  }
})
server.listen(port, '127.0.0.1', () => console.log(`receiving on http://127.0.0.1:${server.address().port}`))

function receive(headers, raw) {
  if (!isSigned(headers, raw)) return 401
  const id = headers['webhook-id']
  if (handled.has(id)) return 204 // it comes again where our answer was lost
  handle(JSON.parse(raw.toString('utf8')))
  appendFileSync(handledIds, `${id}\n`)
  handled.add(id)
  return 204
}

/** Standard Webhooks: HMAC-SHA256 of id, time and the bytes as they came; several signatures while a secret is changed. */
function isSigned(headers, raw) {
  const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures = '' } = headers
  const isRecent = Math.abs(Date.now() / 1000 - Number(seconds)) < 300
  const expected = createHmac('sha256', secret).update(`${id}.${seconds}.`).update(raw).digest()
  const fits = signature => signature.length === expected.length && timingSafeEqual(signature, expected)
  return isRecent && signatures.split(' ').some(one => one.startsWith('v1,') && fits(Buffer.from(one.slice(3), 'base64')))
}

/** A body has at most 256 KiB. */
async function readRaw(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > 262_144) throw new Error(`expected at most 262144 bytes from ${request.socket.remoteAddress}`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
