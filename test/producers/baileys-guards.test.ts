// What is bent in Baileys and libsignal from outside, each bend with what it prevents. A new version of either has to pass this.
import { execFile } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import makeWASocket, { initAuthCreds } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createBaileysLogger } from '../../src/producers/socket/baileys-logger.ts'
import { endQueries } from '../../src/producers/socket/end-queries.ts'
import { hardenSocket, sendingOf } from '../../src/producers/socket/harden-socket.ts'
import { rememberMisses } from '../../src/producers/socket/lid-lookups.ts'
import { verifyXeddsa } from '../../src/producers/socket/verify-sender-key.ts'
import { createEvery } from '../../src/runtime/every.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { until } from '../ground/until.ts'

const require = createRequire(import.meta.url)
const quiet = createBaileysLogger(collectLogLines(), 'first')
const keys = { get: async () => ({}), set: async () => undefined }

test('[B2] signatures that libsignal accepts are accepted, any other is refused', () => {
  const curve = require('libsignal/src/curve.js')
  for (let round = 0; round < 8; round++) {
    const { pubKey, privKey } = curve.generateKeyPair()
    const message = Buffer.from(`message ${round}`)
    const signature: Buffer = curve.calculateSignature(privKey, message)
    expect(verifyXeddsa(pubKey, message, signature)).toBe(true)
    expect(verifyXeddsa(pubKey.subarray(1), message, signature)).toBe(true)
    for (const byte of [0, 31, 32, 63]) {
      const tampered = Buffer.from(signature)
      tampered.writeUInt8(tampered.readUInt8(byte) ^ 1, byte)
      expect(verifyXeddsa(pubKey, message, tampered)).toBe(false)
    }
    expect(verifyXeddsa(pubKey, Buffer.from('another message'), signature)).toBe(false)
    expect(verifyXeddsa(curve.generateKeyPair().pubKey, message, signature)).toBe(false)
  }
})

/** What a process of its own prints that opens, closes and breaks real sessions of libsignal, and says everything that libsignal can say. */
async function printedBy(guard: string): Promise<string> {
  const directory = new URL('.', import.meta.resolve('libsignal/src/curve.js'))
  const files = (await readdir(directory)).filter(name => name.endsWith('.js'))
  const source = (await Promise.all(files.map(name => readFile(new URL(name, directory), 'utf8')))).join('\n')
  const calls = [...source.matchAll(/^\s*console\.(\w+)\(\s*(['"])(.+?)\2/gm)].map(([, method, , line]) => [method, line])
  expect(calls.length).toBeGreaterThan(10)
  const script = `${guard}
    import { SessionRecord } from 'libsignal'
    const secret = { privKey: 'PRIVATE' }
    const session = { indexInfo: { closed: -1, baseKey: Buffer.from('PRIVATE') }, currentRatchet: secret }
    const record = new SessionRecord()
    for (const step of ['openSession', 'closeSession', 'closeSession', 'openSession']) record[step](session)
    for (const [method, line] of ${JSON.stringify(calls)}) console[method](line, secret)
    console.error('Session of ours:', 'an error line of zaplog itself')
    console.log('a line of zaplog itself')`
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  })
  return `${stdout}${stderr}`
}

test('[I2] libsignal’s console lines, which hold private keys, are dropped; others are not', async () => {
  expect(await printedBy('')).toContain('PRIVATE')
  const guarded = await printedBy(`import './src/runtime/silence-libsignal.ts'`)
  expect(guarded.trim().split('\n').toSorted()).toEqual([
    'Session of ours: an error line of zaplog itself',
    'a line of zaplog itself',
  ])
})

const transport = () => Object.assign(new EventEmitter(), { isClosing: false })
type Overrides = Partial<Parameters<typeof hardenSocket>[1]>
const hardened = (of: ReturnType<typeof transport>, overrides: Overrides = {}) => {
  const failures: unknown[] = []
  const stop = hardenSocket(of, {
    terminate: () => undefined,
    isOver: () => false,
    cut: () => undefined,
    failed: error => void failures.push(error),
    sending: () => ({ waitingBytes: 0, takenBytes: 0 }),
    keepAliveIntervalMs: 30_000,
    connectTimeoutMs: 20_000,
    ...overrides,
  })
  return { failures, stop }
}

test('[B4] frames that take longer to inflate are not overtaken', async () => {
  const socket = transport()
  const seen: number[] = []
  socket.on('message', async (frame: number) => {
    if (frame % 3 === 0) await new Promise(resolve => setImmediate(resolve))
    seen.push(frame)
  })
  const { stop } = hardened(socket)
  for (let frame = 0; frame < 20; frame++) socket.emit('message', frame)
  await until('all frames', () => seen.length === 20)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  stop()
})

test('[B2] a frame that cannot be read ends the connection instead of the process', async () => {
  const socket = transport()
  socket.on('message', async () => Promise.reject(new Error('bad mac')))
  const reasons: string[] = []
  const { failures, stop } = hardened(socket, { terminate: reason => void reasons.push(reason) })
  socket.emit('message', 'x')
  await until('it is ended', () => reasons.length > 0)
  expect(reasons).toEqual(['broken-frame'])
  expect(failures).toHaveLength(1)
  stop()
})

/** Answers why it was ended, null: it was not while it was checked a few times. */
async function endedFor(overrides: Overrides, isHeard: boolean): Promise<string | null> {
  const socket = transport()
  socket.on('message', () => undefined)
  const reasons: string[] = []
  let checks = 0
  const sending = () => {
    checks += 1
    return overrides.sending?.() ?? { waitingBytes: 0, takenBytes: 0 }
  }
  const terminate = (reason: string) => void reasons.push(reason)
  const { stop } = hardened(socket, { connectTimeoutMs: 0, every: createEvery(1), ...overrides, sending, terminate })
  if (isHeard) socket.emit('message', 'x')
  await until('it was ended, or checked', () => reasons.length > 0 || checks > 20)
  stop()
  return reasons[0] ?? null
}

test('[A2] [B2] a connection that says nothing from its beginning is cut, and so is one that takes nothing any more', async () => {
  expect(await endedFor({}, false)).toBe('half-open')
  expect(await endedFor({}, true)).toBeNull()
  let waitingBytes = 0
  const takesNothing = () => ({ waitingBytes: ++waitingBytes, takenBytes: 10 })
  expect(await endedFor({ sending: takesNothing }, true)).toBe('half-open')
})

test('[A2] [B2] a connection that takes little is not cut, however much comes to wait', async () => {
  let takenBytes = 0
  const takesLittle = () => ({ waitingBytes: 1_000 * ++takenBytes, takenBytes })
  expect(await endedFor({ sending: takesLittle }, true)).toBeNull()
})

async function openServer(): Promise<{ server: WebSocketServer; url: string }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test('[A2] what the network took does not grow with what waits to be sent', async () => {
  const { server, url } = await openServer()
  const accepted = once(server, 'connection')
  const client = new WebSocket(url)
  const opened = once(client, 'open')
  const [peer] = (await accepted) as [WebSocket]
  await opened
  peer.pause()
  const send = () => client.send(Buffer.alloc(1024 * 1024))
  await until('the network takes no more', async () => {
    const { takenBytes } = sendingOf(client)
    send()
    await new Promise(resolve => setImmediate(resolve))
    return sendingOf(client).waitingBytes > 4 * 1024 * 1024 && sendingOf(client).takenBytes === takenBytes
  })
  const stuck = sendingOf(client)
  send()
  expect(sendingOf(client)).toMatchObject({ takenBytes: stuck.takenBytes })
  expect(sendingOf(client).waitingBytes).toBeGreaterThan(stuck.waitingBytes)
  peer.resume()
  await until('all is taken', () => sendingOf(client).waitingBytes === 0)
  expect(sendingOf(client).takenBytes).toBeGreaterThanOrEqual(stuck.takenBytes + stuck.waitingBytes)
  client.terminate()
  server.close()
  await once(server, 'close')
})

test('[B2] what a stanza listener of Baileys rejects ends nothing', async () => {
  const socket = transport()
  socket.on('message', () => undefined)
  socket.on('CB:ib,,offline_preview', async () => Promise.reject(new Error('Connection Closed')))
  const { failures, stop } = hardened(socket)
  socket.emit('CB:ib,,offline_preview', {})
  await until('it is caught', () => failures.length === 1)
  stop()
})

test('[B2] what Baileys waits for from WhatsApp ends with its connection', async () => {
  const { server, url } = await openServer()
  const accepted = once(server, 'connection')
  const socket = makeWASocket({ waWebSocketUrl: url, auth: { creds: initAuthCreds(), keys }, logger: quiet })
  await accepted
  await socket.waitForSocketOpen()
  const answer = socket.waitForMessage('never answered').then(
    () => 'answered',
    () => 'ended',
  )
  await socket.end(undefined)
  expect(await Promise.race([answer, new Promise(resolve => setImmediate(resolve, 'waiting'))])).toBe('waiting')
  endQueries(socket)
  expect(await answer).toBe('ended')
  server.close()
  await once(server, 'close')
})

test('[B4] a number without a LID is asked about once an hour; a failed look-up does not refuse the message', async () => {
  let nowAt = 0
  let asked = 0
  const failures: unknown[] = []
  let answer: () => Promise<[]> = async () => []
  const ask = () => {
    asked += 1
    return answer()
  }
  const look = rememberMisses(ask, { clock: () => nowAt, failed: error => void failures.push(error) })
  await look(['5511900000011@s.whatsapp.net'])
  await look(['5511900000011@s.whatsapp.net'])
  expect(asked).toBe(1)
  nowAt = 3_600_001
  answer = () => Promise.reject(new Error('rate-overlimit'))
  expect(await look(['5511900000011@s.whatsapp.net'])).toEqual([])
  await look(['5511900000011@s.whatsapp.net'])
  expect(asked).toBe(3)
  expect(failures).toHaveLength(2)
})
