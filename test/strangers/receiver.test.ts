// Guarantee: examples/receiver.mjs takes what is signed and nothing else, handles each delivery once, also after a restart, and refuses
// what its own code throws at. Signed here by the official library.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until } from '../ground/until.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const program = new URL('../../examples/receiver.mjs', import.meta.url).pathname
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'zaplog-receiver-'))
})
afterAll(() => rm(directory, { recursive: true }))

let running: ChildProcess | null = null
afterEach(() => stop())

async function stop(): Promise<void> {
  const child = running
  running = null
  if (child === null || child.exitCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}

/** Answers what it printed so far. */
async function start(env: Record<string, string> = { WEBHOOK_SECRET: secret }) {
  const child = spawn(process.execPath, [program, '0'], { cwd: directory, env: { ...env } })
  running = child
  let printed = ''
  child.stdout.on('data', chunk => {
    printed += chunk
  })
  const said = { errors: '' }
  child.stderr.on('data', chunk => {
    said.errors += chunk
  })
  const url = await until('it listens, or is over', () =>
    child.exitCode === null ? /receiving on (\S+)/.exec(printed)?.[1] : `ended with ${child.exitCode}`,
  )
  return { url, printed: () => printed.split('\n').slice(1, -1), said }
}

const body = (text: string, data: object = {}) =>
  JSON.stringify({
    type: 'message.received',
    timestamp: '2026-01-05T12:00:00.000Z',
    data: { kind: 'text', senderName: 'Ana Souza', text, ...data },
  })

async function post(url: string, of: { id: string; text: string; signedBy?: string; at?: Date; sent?: string; also?: string }) {
  const at = of.at ?? new Date()
  const signature = new Webhook(of.signedBy ?? secret).sign(of.id, at, of.text)
  const headers = {
    'webhook-id': of.id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': of.also === undefined ? signature : `${of.also} ${signature}`,
  }
  return (await fetch(url, { method: 'POST', headers, body: of.sent ?? of.text })).status
}

test('[E4] each delivery is handled once, whatever is repeated, and after a restart too', async () => {
  const first = await start()
  for (const id of ['a_ep', 'b_ep', 'a_ep']) expect(await post(first.url, { id, text: body(id) })).toBe(204)
  const line = (id: string) => `2026-01-05T12:00:00.000Z  message.received  text  Ana Souza  ${id}`
  await until('both are printed', () => first.printed().length >= 2)
  expect(first.printed()).toEqual([line('a_ep'), line('b_ep')])
  await stop()

  const second = await start()
  for (const id of ['b_ep', 'c_ep']) expect(await post(second.url, { id, text: body(id) })).toBe(204)
  await until('the new one is printed', () => second.printed().length >= 1)
  expect(second.printed()).toEqual([line('c_ep')])
})

test('[E4] only what was signed with the secret, over these very bytes and lately, is taken', async () => {
  const { url, printed } = await start()
  const text = body('ç ã 👍')
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`
  expect(await post(url, { id: 'x1', text, signedBy: other })).toBe(401)
  expect(await post(url, { id: 'x2', text, sent: text.replace('Ana', 'Eva') })).toBe(401)
  expect(await post(url, { id: 'x3', text, at: new Date(Date.now() - 600_000) })).toBe(401)
  expect((await fetch(url, { method: 'POST', body: text })).status).toBe(401)
  expect((await fetch(url)).status).toBe(401)
  // While a secret is changed there are two signatures, and the one that fits may be the second.
  expect(await post(url, { id: 'x4', text, also: 'v1,AAAA' })).toBe(204)
  await until('it is printed', () => printed().length === 1)
})

test('[E4] what cannot be handled is 500, and comes again', async () => {
  const { url, said } = await start()
  expect(await post(url, { id: 'y1', text: '{"type":' })).toBe(500)
  expect(await post(url, { id: 'y2', text: `"${'x'.repeat(300_000)}"` })).toBe(500)
  expect(await post(url, { id: 'y1', text: body('whole') })).toBe(204)
  expect(said.errors).toContain('SyntaxError')
  expect(said.errors).toContain('expected at most 262144 bytes')
})

test('[E4] without a secret it does not start, and says what it wants', async () => {
  const { url, said } = await start({})
  expect(url).toBe('ended with 1')
  await until('the reason is printed', () => said.errors.includes('expected WEBHOOK_SECRET'))
  expect(said.errors).not.toContain('    at ')
})
