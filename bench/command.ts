// [F1] From the last byte of a POST until the message's stanza is at WhatsApp's socket, and not decrypted yet, to chats that are known; bare is Baileys
// alone that is asked in the same process. Pacing is off. 10 ms at p50 and 50 ms at p99 are the bounds where the account is idle: each is asked for once
// what came of the one before is told. `rushed`: as soon as its stanza is there. `apart`: the API is a process of its own.
import { randomBytes } from 'node:crypto'
import { openBaileysClient } from '../simulator/baileys-client.ts'
import { openSimulator, type Simulator } from '../simulator/simulator.ts'
import { wait } from '../src/runtime/wait.ts'
import { databaseUrlOf } from '../test/ground/scenarios/its-postgres.ts'
import { never, openDirectory, openKafkaParts } from './ground.ts'
import { type Bench, quantile } from './measure.ts'
import { openSyncs, type Statements } from './statements.ts'
import { createMeter } from './usage.ts'
import { openZaplog, type Zaplog } from './zaplog.ts'

type Setup = 'together' | 'apart' | 'kafka'

const instanceId = 'bench'
/** V8 has compiled by then what each command runs: the first hundred takes a seventh longer than the fourth. */
const warmUp = 300
/** What comes of one, its echo and all that reads them among it, is done by then. */
const REST_MS = 60

export const command =
  ({ n, chats, setup = 'together' }: { n: number; chats: number; setup?: Setup }): Bench =>
  async closing => {
    const simulator = await openSimulator()
    closing.defer(simulator.close)
    const { api, statements, syncs } = await openSetup(closing, simulator, setup)
    await api.ask('POST', '/v1/instances', { id: instanceId, name: 'Bench' })
    const { qr } = await api.ask('GET', `/v1/instances/${instanceId}/qr?wait=30`)
    const device = await simulator.scanQr(String(qr), { pn: '5511900000001', name: 'Owner' })
    const client = openBaileysClient(simulator.url, undefined, { shouldSyncHistoryMessage: () => false })
    closing.defer(client.close)
    await simulator.scanQr(await client.whenQr(), { pn: '5511900000002', name: 'Bare' })
    await client.waitFor(client.isOpen)
    const people = Array.from({ length: chats }, (_, nth) => simulator.contact({ pn: `55119000001${nth + 10}`, name: `${nth}` }))
    const chatOf = (nth: number) => people[nth % people.length]?.lidJid ?? ''

    const ours = async (nth: number) => {
      const body = { chatId: chatOf(nth), kind: 'text', text: `text ${nth}` }
      return (await api.post(`/v1/instances/${instanceId}/messages`, body)).writtenAt
    }
    const bare = async (nth: number) => {
      const askedAt = performance.now()
      await client.socket().sendMessage(chatOf(nth), { text: `text ${nth}` })
      return askedAt
    }
    const inTurns = async (count: number, { restMs }: { restMs: number }) => {
      const took = { ours: [] as number[], bare: [] as number[] }
      for (let nth = 0; nth < count; nth += 1) {
        took.ours.push(await tookMs(simulator, () => ours(nth)))
        await wait(restMs, never)
        took.bare.push(await tookMs(simulator, () => bare(nth)))
      }
      return took
    }
    await inTurns(warmUp, { restMs: 0 })
    return async () => {
      const startedAt = performance.now()
      const meter = createMeter(statements)
      const syncsBefore = await syncs()
      const took = await meter.during('ours', () => inTurns(n, { restMs: REST_MS }))
      const syncsEach = ((await syncs()) - syncsBefore) / n
      const rushed = await inTurns(n, { restMs: 0 })
      const more = {
        p50Ms: quantile(took.ours, 0.5),
        bareP50Ms: quantile(took.bare, 0.5),
        rushedP50Ms: quantile(rushed.ours, 0.5),
        rushedP99Ms: quantile(rushed.ours, 0.99),
        syncsEach,
        conflicts: device.conflicts().length,
      }
      const seconds = (performance.now() - startedAt) / 1000
      const usage = meter.usage(n)
      return { value: quantile(took.ours, 0.99), unit: 'ms', bare: quantile(took.bare, 0.99), n, seconds, more, usage }
    }
  }

/** `syncs`: how often its Postgres waited for the disk. */
type Opened = { api: Zaplog; statements: Statements | null; syncs: () => Promise<number> }

async function openSetup(closing: AsyncDisposableStack, simulator: Simulator, setup: Setup): Promise<Opened> {
  const dataDir = await openDirectory(closing)
  const env = {
    DATA_DIR: dataDir,
    WHATSAPP_URL: simulator.url,
    WHATSAPP_CDN_URL: simulator.cdnUrl,
    OUTBOUND_PER_MINUTE: '0',
    OUTBOUND_FIRST_PER_MINUTE: '0',
    OUTBOUND_FIRST_PER_DAY: '0',
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    ...(setup === 'kafka' && (await openKafkaParts(closing))),
  }
  const roles = setup === 'apart' ? { ROLES: 'producers,processors,projections,webhooks' } : {}
  const zaplog = await openZaplog(closing, { ...env, ...roles })
  const url = databaseUrlOf(dataDir)
  const own = { DATA_DIR: await openDirectory(closing), DATABASE_URL: url, ROLES: 'api' }
  const api = setup === 'apart' ? await openZaplog(closing, { ...env, ...own }) : zaplog
  return { api, statements: zaplog.statements, syncs: await openSyncs(closing, url) }
}

/** Until the simulator has the stanza. `send` answers when that began; it is answered, and the message read, before this resolves. */
async function tookMs(simulator: Simulator, send: () => Promise<number>): Promise<number> {
  const [arrived, read] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()]
  const stops = [
    simulator.on('client-stanza', ({ to }) => void (to.endsWith('@lid') && arrived.resolve(performance.now()))),
    simulator.on('client-message', ({ to }) => void (to.endsWith('@lid') && read.resolve())),
  ]
  const [endedAt, beganAt] = await Promise.all([arrived.promise, send(), read.promise])
  for (const stop of stops) stop()
  return endedAt - beganAt
}
