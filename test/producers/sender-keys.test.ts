// The keys of group senders survive whatever happens to the database while they arrive: without one, nothing its sender writes can be read.
import { proto } from '@whiskeysockets/baileys'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { readStanza } from '../../src/convert/stanza-identity.ts'
import { openSession } from '../../src/database/session.ts'
import { createAckGate } from '../../src/producers/gate/ack-gate.ts'
import { createAppendedStanzaParts } from '../../src/producers/gate/appended-stanza-parts.ts'
import { nothing } from '../../src/producers/gate/begun.ts'
import { createUntoldParts } from '../../src/producers/gate/untold-parts.ts'
import { createProducerMetrics } from '../../src/producers/producer-metrics.ts'
import { createSocketLife } from '../../src/producers/socket-life.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, never, openRig, type Rig, testConfig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('sender keys', logger)
})
afterEach(async () => {
  await rig.close()
})

const personOf = (number: number) =>
  rig.simulator.contact({ pn: `55119000${String(100 + number).padStart(5, '0')}`, name: `Member ${number}` })
const settled = (device: SimDevice, deadlineMs?: number) =>
  until('all is acknowledged', () => device.pending().length === 0, deadlineMs)
const undecryptable = async () => (await rig.eventsOf('message.undecryptable')).map(({ reason }) => reason)
const refusals = () => logger.lines.filter(({ event }) => event === 'sender-key.refused').length
/** As consumers see it: of each event its first copy. */
async function firstCopies() {
  const seen = new Set<string>()
  return texts((await rig.eventsOf('message.received')).filter(({ eventId }) => !seen.has(eventId) && seen.add(eventId)))
}

test('[B2] [B8] the end of a socket in the middle of a sender’s key acknowledges nothing and loses no key', async () => {
  let isAway = false
  let reads = 0
  const database = flaky(rig.database.database, ({ name, args: [sql, values] }) => {
    if (!isAway || name !== 'query') return null
    if (String(sql).includes('join auth_keys')) return { fail: new Error('nothing is read ahead') }
    if (!(Array.isArray(values) && values[1] === 'sender-key')) return null
    reads += 1
    return { hang: true }
  })
  await rig.start({ database, config: { ...testConfig, url: rig.simulator.url, appendTimeoutMs: 400 } })
  const device = await rig.pair('first')
  await settled(device)
  const ana = personOf(1)
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  isAway = true
  await device.sendGroup(group, ana, text('with her key'))
  await until('her key is asked for', () => reads > 0)
  await until('the socket is gone', () => !device.isOnline())
  isAway = false
  await settled(device)
  await device.sendGroup(group, ana, text('under her key'))
  await settled(device)
  expect(await firstCopies()).toEqual(['with her key', 'under her key'])
  expect(await undecryptable()).toEqual([])
})

test('[B8] a sender’s key that is no key is refused alone: its message is appended and acknowledged', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = personOf(1)
  const group = rig.simulator.group({ subject: 'Team', members: [device.owner, ana] })
  const broken = { groupId: group.id, axolotlSenderKeyDistributionMessage: Buffer.from('33ffff', 'hex') }
  const attrs = { from: group.id, participant: ana.lidJid }
  const id = await device.send(ana, { conversation: 'and a broken key', senderKeyDistributionMessage: broken }, { attrs })
  await settled(device)
  expect(hows(device, id)).toEqual(['receipt:inactive'])
  expect(refusals()).toBe(1)
  expect(await firstCopies()).toEqual(['and a broken key'])
  expect(await undecryptable()).toEqual([])
})

test('[B2] [B4] [B8] the first messages of 150 members arrive whole and in order while connections to the database are cut', async () => {
  await rig.start({ backoff: { baseMs: 20, capMs: 100, probeCapMs: 50 } })
  const device = await rig.pair('first')
  await settled(device)
  const members = Array.from({ length: 150 }, (_, number) => personOf(number))
  const group = rig.simulator.group({ subject: 'Village', members: [device.owner, ...members] })
  const refusedBefore = refusals()
  const cutting = await beginCutting(device)
  for (const [number, member] of members.entries()) await device.sendGroup(group, member, text(`hello ${number}`))
  await settled(device, 240_000)
  expect(await cutting.end()).toBeGreaterThan(7)
  // Under the keys that came meanwhile: one that was lost would tell only now.
  for (const [number, member] of members.entries()) await device.sendGroup(group, member, text(`again ${number}`))
  await settled(device)
  expect(refusals()).toBe(refusedBefore)
  expect(await undecryptable()).toEqual([])
  expect(await firstCopies()).toEqual(['hello', 'again'].flatMap(word => members.map((_, number) => `${word} ${number}`)))
}, 300_000)

/**
 * Cuts every connection to the database each 300 ms, and sooner where ten more stanzas were taken in, so that it falls among them on a
 * fast machine; never before one more was, so that a slow one gets through.
 */
async function beginCutting(device: SimDevice): Promise<{ /** Answers how often it cut. */ end(): Promise<number> }> {
  const admin = await openSession({ url: rig.database.url, applicationName: 'cutter', statementTimeoutMs: 60_000 }, never)
  let isOver = false
  const isDue = (since: { takenIn: number; at: number }) => {
    const more = device.settled().length - since.takenIn
    return isOver || more >= 10 || (more >= 1 && performance.now() - since.at >= 300)
  }
  const cutting = (async () => {
    let cuts = 0
    for (; !isOver; cuts++) {
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      )
      const since = { takenIn: device.settled().length, at: performance.now() }
      await until('more are taken in', () => isDue(since), 200_000)
    }
    return cuts
  })()
  return {
    end: async () => {
      isOver = true
      const cuts = await cutting
      await admin.close()
      return cuts
    },
  }
}

test('[B2] a sender’s key that could not be stored ends the socket before anything is committed or said', async () => {
  const life = createSocketLife()
  const kept: string[] = []
  const appended: string[] = []
  const append = async (what: string) => {
    appended.push(what)
    return nothing
  }
  const gate = createAckGate({
    ingest: {
      read: node => readStanza(node, { instanceId: 'first', own: { pn: null, lid: null } }),
      message: () => append('message'),
      undecryptable: () => append('undecryptable'),
      withheld: () => append('withheld'),
      receipt: () => append('receipt'),
      notification: () => append('notification'),
      call: () => append('call'),
      unknown: () => append('unknown'),
    },
    parts: createAppendedStanzaParts({ hasPart: async () => false }),
    untold: createUntoldParts({ maxBytes: 0 }).ofAccount(),
    life,
    own: () => ({ pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }),
    logger,
    metrics: createProducerMetrics(createMetrics({ processMetrics: false })),
  })
  const senderKeyDistributionMessage = { groupId: '1203@g.us', axolotlSenderKeyDistributionMessage: Buffer.of(1) }
  const plaintext = Buffer.concat([proto.Message.encode({ senderKeyDistributionMessage }).finish(), Buffer.of(1)])
  const ciphertext = Buffer.from('sealed')
  await gate.begin('message', {
    tag: 'message',
    attrs: { id: 'M', from: '1203@g.us', participant: '200@lid', type: 'text', t: '1700000000' },
    content: [{ tag: 'enc', attrs: { type: 'pkmsg', v: '2' }, content: ciphertext }],
  })
  const taking = gate.decrypted({
    ciphertext,
    plaintext,
    changesIdentity: false,
    keep: async type => void kept.push(type),
    processSenderKey: () => Promise.reject(new Error('the row is damaged')),
  })
  await expect(taking).rejects.toThrow('the row is damaged')
  expect(life.ownReason()).toBe('not-taken')
  expect(kept).toEqual([])
  expect(appended).toEqual(['message'])
})
