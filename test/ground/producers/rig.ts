// Real Baileys against the simulator, the real Postgres log and database: what the producers' tests begin with.
import { randomBytes } from 'node:crypto'
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import { openSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { openSession } from '../../../src/database/session.ts'
import type { Event, EventOf, EventType } from '../../../src/events/event.ts'
import type { EventLog } from '../../../src/log/log.ts'
import { openProducers, type ProducersDeps } from '../../../src/producers/open-producers.ts'
import { chatTimer } from '../../../src/projections/read-model/queries.ts'
import type { Logger } from '../../../src/runtime/logger.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import type { Role } from '../../../src/runtime/role.ts'
import { createSealer, type Sealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase, type TestDatabase } from '../database.ts'
import { openTestLog, type TestLog } from '../log.ts'
import { until } from '../until.ts'
import { createMemoryObjects } from './memory-objects.ts'

export const ownerPn = '5511900000001'
export const never = new AbortController().signal

export type Rig = {
  simulator: Simulator
  database: TestDatabase
  testLog: TestLog
  sealer: Sealer
  objects: ReturnType<typeof createMemoryObjects>
  /** Starts the role; closed with the rig. */
  start(overrides?: Partial<ProducersDeps>): Promise<Role>
  create(instanceId: string, settings?: object): Promise<void>
  want(instanceId: string, assignments: string): Promise<void>
  qrOf(instanceId: string): Promise<string>
  /** Created, its code scanned, logged in. */
  pair(instanceId: string, pn?: string): Promise<SimDevice>
  events(): Promise<readonly Event[]>
  eventsOf<Type extends EventType>(type: Type): Promise<readonly EventOf<Type>[]>
  /** Waits until so many events of a type are in the log. */
  untilEvents<Type extends EventType>(type: Type, count: number): Promise<readonly EventOf<Type>[]>
  untilState(instanceId: string, state: string): Promise<EventOf<'instance.state-changed'>>
  metrics: ReturnType<typeof createMetrics>
  close(): Promise<void>
}

export const testConfig = {
  version: null,
  cdnUrl: null,
  connectsPerSecond: 1000,
  qrRounds: 2,
  appendTimeoutMs: 10_000,
  outboundPerMinute: 0,
  outboundChangesPerMinute: 0,
  outboundMarksPerMinute: 0,
  outboundBurst: 5,
  processing: { signEveryMs: 3_000, signsPerMinute: 20, maxSessions: 5 },
  outboundFirstPerMinute: 0,
  outboundFirstPerDay: 0,
  rawInlineBytes: 768 * 1024,
  maxRecordBytes: 2 * 1024 ** 2,
}

export async function openRig(name: string, logger: Logger): Promise<Rig> {
  const simulator = await openSimulator()
  const database = await openTestDatabase(name, { poolSize: 8, logger })
  const testLog = await openTestLog(database, { partitions: 2, logger })
  const sealer = createSealer({ current: randomBytes(32), previous: null })
  const objects = createMemoryObjects()
  const metrics = createMetrics({ processMetrics: false })
  const roles: Role[] = []

  async function start(overrides: Partial<ProducersDeps> = {}): Promise<Role> {
    const role = await openProducers({
      database: database.database,
      openSession: signal => openSession({ url: database.url, applicationName: 'zaplog test' }, signal),
      log: testLog.log,
      codec: testLog.codec,
      objects,
      sealer,
      chatTimer,
      topic: testLog.topic,
      config: { ...testConfig, url: simulator.url, cdnUrl: simulator.cdn.url },
      logger,
      metrics,
      clock: Date.now,
      random: Math.random,
      backoff: { baseMs: 20, capMs: 200, probeCapMs: 200 },
      ...overrides,
    })
    roles.push(role)
    return role
  }

  const query = database.database.query
  async function create(instanceId: string, settings: object = {}): Promise<void> {
    await query("insert into instance_ids (instance_id, request_id, name, settings) values ($1, $2, 'test', $3)", [
      instanceId,
      `request-${instanceId}`,
      JSON.stringify(settings),
    ])
    await query(`select pg_notify('instances', '')`)
  }

  async function want(instanceId: string, assignments: string): Promise<void> {
    await query(`update instance_ids set ${assignments} where instance_id = $1`, [instanceId])
    await query(`select pg_notify('instances', '')`)
  }

  const qrOf = (instanceId: string) =>
    until(`a QR code of ${instanceId}`, async () => {
      const [row] = await query<{ qr: Buffer }>('select qr from instance_qr where instance_id = $1', [instanceId])
      return row && sealer.open(row.qr, `instance_qr|${instanceId}`).toString()
    })

  async function pair(instanceId: string, pn = ownerPn): Promise<SimDevice> {
    await create(instanceId)
    const device = await simulator.scanQr(await qrOf(instanceId), { pn, name: 'Owner' })
    await untilState(instanceId, 'open')
    await until('the companion is online', device.isOnline)
    return device
  }

  const events = () => readEvents(testLog.log, testLog)
  const eventsOf = async <Type extends EventType>(type: Type) =>
    (await events()).filter((event): event is EventOf<Type> => event.type === type)
  const untilEvents = <Type extends EventType>(type: Type, count: number) =>
    until(`${count} ${type}`, async () => {
      const found = await eventsOf(type)
      return found.length >= count && found
    })
  const untilState = (instanceId: string, state: string) =>
    until(`${instanceId} is ${state}`, async () => {
      const last = (await eventsOf('instance.state-changed')).findLast(event => event.instanceId === instanceId)
      return last?.state === state && last
    })

  return {
    ...{ simulator, database, testLog, sealer, objects, start, create, want, qrOf, pair },
    ...{ events, eventsOf, untilEvents, untilState, metrics },
    close: async () => {
      for (const role of roles) await role.close()
      await simulator.close()
      await testLog.close()
      await database.close()
    },
  }
}

async function readEvents(log: EventLog, { codec, topic }: TestLog): Promise<readonly Event[]> {
  const found: Event[] = []
  for await (const record of log.read(topic('events'), { from: 'first', until: 'end' }, never)) {
    const event = await codec.decode(record.value, never)
    if (event !== null) found.push(event)
  }
  return found
}

export const texts = (events: readonly { text?: string | null }[]) => events.map(event => event.text)

/** settlements of message stanzas only, as `how`. */
export const hows = (device: SimDevice, id: string): readonly string[] =>
  device
    .settled()
    .filter(settlement => settlement.id === id)
    .map(settlement => settlement.how)

/** A statement that writes the step of a ratchet, with the memory of the part that it read; Baileys writes mappings and identities before. */
export const isRatchetStep = ({ name, args: [sql, values] }: { name: string; args: readonly unknown[] }): boolean =>
  name === 'query' && String(sql).includes('insert into auth_keys') && Array.isArray(values) && values.at(-1)?.length > 0
