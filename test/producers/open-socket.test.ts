// One socket of Baileys whose listeners fail: its end is still known, and the process lives on.
import { createRequire } from 'node:module'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { readSettings } from '../../src/instances/instance-settings.ts'
import type { AuthState } from '../../src/producers/auth/auth-state.ts'
import { nothing } from '../../src/producers/gate/begun.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { openSocket, type SocketDeps } from '../../src/producers/socket/open-socket.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { aTally } from '../ground/producers/a-tally.ts'

const baileys = createRequire(import.meta.resolve('@whiskeysockets/baileys'))
const logger = collectLogLines()
const auth: AuthState = {
  creds: initAuthCreds(),
  keys: { get: async () => ({}), set: async () => undefined },
  ahead: async work => ({ result: await work(), kept: Promise.resolve() }),
  flush: async () => undefined,
  bringBack: async () => null,
  hasPart: async () => false,
  readAhead: async () => undefined,
  eraseAll: async () => undefined,
  beginTry: () => ({ began: async () => true, forget: () => true }),
  credsChanged: () => undefined,
  saveCreds: async () => undefined,
}

/** Nobody listens where it connects to. */
const open = (of: Partial<SocketDeps>) =>
  openSocket({
    instanceId: 'first',
    auth,
    gate: {
      begin: async () => 'begun',
      beginRest: async () => undefined,
      taken: () => ({ ...nothing, end: 'nobody' }),
      decrypted: async () => nothing,
      failed: async ({ error }) => ({ ...nothing, error }),
    },
    life: createSocketLife(),
    appState: { follow: () => undefined },
    url: 'ws://127.0.0.1:9',
    cdnUrl: null,
    version: null,
    qrTimeoutMs: null,
    settings: readSettings({}),
    fetchesLists: true,
    findSent: async () => undefined,
    acked: () => undefined,
    presence: () => undefined,
    received: () => undefined,
    connection: () => undefined,
    codeTyped: () => undefined,
    tally: aTally(),
    clock: Date.now,
    logger,
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
    ...of,
  })

test('[B2] an event that cannot be taken in is counted, and hides neither the others nor the end of the connection', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const taken: string[] = []
  const socket = open({
    received: name => {
      taken.push(name)
      throw new Error('not taken in')
    },
    connection: () => {
      throw new Error('not said')
    },
    metrics: createProducerMetrics(metrics),
  })
  expect((await socket.closed).statusCode).not.toBe(0)
  expect(taken).toContain('connection.update')
  expect(await metrics.render()).toMatch(/zaplog_events_untaken_total [1-9]/)
})

test('[B2] a socket that ends while its keys are made durable is closed like any other; keys that fail while it lives are heard of', async () => {
  const ended = createSocketLife()
  const flush = async () => {
    ended.terminate('log-unavailable')
    throw ended.signal.reason
  }
  const socket = open({ life: ended, auth: { ...auth, flush } })
  await socket.close()
  await socket.closed
  const broken = open({ auth: { ...auth, flush: async () => Promise.reject(new Error('not written')) } })
  await expect(broken.close()).rejects.toThrow('not written')
  await broken.closed
})

test('[B2] Baileys’ libsignal computes with key objects from the moment that sockets can be opened', () => {
  const crypto: { deriveSecrets: unknown } = createRequire(baileys.resolve('libsignal'))('./src/crypto.js')
  expect(String(crypto.deriveSecrets)).toContain('hkdfSync')
})
