// One process has the sockets, while it has the lock and the log takes what they bring; what ends that ends them first, and they come back.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { openSession } from '../../src/database/session.ts'
import { ProducersError } from '../../src/producers/producers-error.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig, testConfig } from '../ground/producers/rig.ts'
import { switchLog } from '../ground/producers/switched-log.ts'
import { openTcpProxy } from '../ground/tcp-proxy.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('lock of the producers', logger)
})
afterEach(async () => {
  await rig.close()
})

test('[A3] a second process with producers is refused with the name of the first', async () => {
  await rig.start()
  const refused = await rig.start().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(ProducersError)
  expect(refused).toMatchObject({ code: 'already-running', retryable: true })
  expect(String(refused)).toContain('zaplog test')
})

test('[A3] [B2] losing the lock ends every socket before anything else, and taking it again opens them', async () => {
  const { hostname, port } = new URL(rig.database.url)
  const proxy = await openTcpProxy({ target: { host: hostname, port: Number(port) } })
  const proxied = rig.database.url.replace(`:${port}/`, `:${proxy.port}/`)
  const switched = switchLog(rig.testLog.log)
  const role = await rig.start({
    log: switched.log,
    openSession: signal => openSession({ url: proxied, applicationName: 'zaplog test' }, signal),
  })
  const device = await rig.pair('first')
  switched.hold()
  const id = await device.send(rig.simulator.contact({ pn: '5511900000011', name: 'Ana' }), text('in the middle of it'))
  await until('its append waits', () => switched.stuck() > 0)
  proxy.down()
  // Sooner than its append is given up: nothing waits for the stanza in hand.
  await until('the socket is gone', () => !device.isOnline(), 5_000)
  expect(hows(device, id)).toEqual([])
  switched.release()
  await until('it waits for the lock', () => role.checks()[0]?.state === 'degraded')
  proxy.resume()
  await until('the socket is back', device.isOnline)
  await proxy.close()
})

test('[A1] a lost connection is told as one, and another process only where Postgres has named it', async () => {
  const { hostname, port } = new URL(rig.database.url)
  const proxy = await openTcpProxy({ target: { host: hostname, port: Number(port) } })
  const proxied = rig.database.url.replace(`:${port}/`, `:${proxy.port}/`)
  const role = await rig.start({
    openSession: signal => openSession({ url: proxied, applicationName: 'zaplog test' }, signal),
  })
  const device = await rig.pair('first')
  const closedBefore = closes().length
  proxy.down()
  await until('it says that its socket is closed', () => closes().length > closedBefore)
  expect(closes().at(-1)).toMatchObject({ reason: 'log-unavailable', own: 'lock-lost' })
  expect(closes().at(-1)?.reasonText).toMatch(/^The connection to the database was lost/)
  const detail = () => role.checks()[0]?.detail ?? ''
  await until('it waits for the database', () => detail().includes('cannot be taken, the database is away'))
  const other = await openSession({ url: rig.database.url, applicationName: 'zaplog elsewhere' }, new AbortController().signal)
  await other.query('select pg_advisory_lock($1, $2)', [0x7a61706c, 1])
  proxy.resume()
  await until('it names the other', () =>
    detail().includes('another process already runs them on this database: zaplog elsewhere'),
  )
  await other.close()
  await until('the socket is back', device.isOnline)
  await proxy.close()
})

const closes = () => logger.lines.filter(line => line.event === 'socket.closed').map(({ fields }) => fields)

test('[B2] [A2] however long the log was away, sockets open again soon after it is back', async () => {
  // A link that is cut in the middle is none: it is made by a process that waits longer for the log than one append may take here.
  const patient = await rig.start()
  const device = await rig.pair('first')
  await patient.close()
  await until('the companion is away', () => !device.isOnline())
  const switched = switchLog(rig.testLog.log)
  await rig.start({
    log: switched.log,
    config: { ...testConfig, url: rig.simulator.url, appendTimeoutMs: 100 },
    backoff: { baseMs: 20, capMs: 3_600_000, probeCapMs: 50 }, // a backoff that grew with the outage would outlast the test
  })
  await until('the companion is online', device.isOnline)
  switched.hang()
  device.receipt({ messageIds: ['3EB0000000000000000001'], from: rig.simulator.contact({ pn: '5511900000011', name: 'Ana' }) })
  await until('the socket is gone', () => !device.isOnline())
  await until('the log was asked in vain many times', () => switched.stuck() > 20)
  switched.release()
  await until('the socket is back', device.isOnline)
})

test('[A3] a lock session that fails to close after its loss does not keep the process from taking the lock again', async () => {
  let loss = new AbortController()
  await rig.start({
    openSession: async signal => {
      const session = await openSession({ url: rig.database.url, applicationName: 'zaplog test' }, signal)
      const cut = new AbortController()
      loss = cut
      const close = async () => {
        await session.close()
        if (cut.signal.aborted) throw new Error('closing a session that is gone')
      }
      return { ...session, close, lost: AbortSignal.any([session.lost, cut.signal]) }
    },
  })
  const device = await rig.pair('first')
  loss.abort(new Error('the connection of the lock was lost'))
  await until('the socket is gone', () => !device.isOnline())
  await until('the socket is back', device.isOnline)
  expect(logger.lines.filter(line => line.event === 'producers.not-ended')).toHaveLength(1)
})
