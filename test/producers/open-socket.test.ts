// One socket of Baileys whose listeners fail: its end is still known, and the process lives on.
import { createRequire } from 'node:module'
import { initAuthCreds } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { readSettings } from '../../src/instances/instance-settings.ts'
import type { AuthState } from '../../src/producers/auth/auth-state.ts'
import { nothing } from '../../src/producers/gate/begun.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { openSocket } from '../../src/producers/socket/open-socket.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { collectLogLines } from '../ground/log-lines.ts'

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
  credsChanged: () => undefined,
  saveCreds: async () => undefined,
}

test('[B2] an event that cannot be taken in is counted, and hides neither the others nor the end of the connection', async () => {
  const metrics = createMetrics({ processMetrics: false })
  const taken: string[] = []
  const socket = openSocket({
    instanceId: 'first',
    auth,
    gate: {
      begin: async () => 'begun',
      beginRest: async () => undefined,
      taken: () => ({ ...nothing, end: 'nobody' }),
      decrypted: async () => nothing,
      failed: async ({ error }) => ({ ...nothing, error }),
      told: () => undefined,
    },
    life: createSocketLife(),
    // Nobody listens there.
    url: 'ws://127.0.0.1:9',
    version: null,
    qrTimeoutMs: null,
    settings: readSettings({}),
    received: name => {
      taken.push(name)
      throw new Error('not taken in')
    },
    connection: () => {
      throw new Error('not said')
    },
    clock: Date.now,
    logger,
    metrics: createProducerMetrics(metrics),
  })
  expect((await socket.closed).statusCode).not.toBe(0)
  expect(taken).toContain('connection.update')
  expect(await metrics.render()).toMatch(/zaplog_events_untaken_total [1-9]/)
})

test('[B2] Baileys’ libsignal computes with key objects from the moment that sockets can be opened', () => {
  const crypto: { deriveSecrets: unknown } = createRequire(baileys.resolve('libsignal'))('./src/crypto.js')
  expect(String(crypto.deriveSecrets)).toContain('hkdfSync')
})
