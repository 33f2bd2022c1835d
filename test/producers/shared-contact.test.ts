// Instances that hear from the same contact at the same moment stay apart: each message is in the log before its own ratchet step.
import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import '../../src/producers/socket/keep-context.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { hows, openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const { SessionBuilder, SessionCipher, ProtocolAddress } = createRequire(import.meta.url)('libsignal')
const logger = collectLogLines()
const { queueJob } = SessionCipher.prototype
/** By phone number or by LID, which the simulator makes of it. */
const isOfAna = (address: string) => address.includes('5511900000011')
let rig: Rig
let queuedJobs = 0
beforeEach(async () => {
  rig = await openRig('shared contact', logger)
  queuedJobs = 0
  SessionCipher.prototype.queueJob = function (job: unknown) {
    if (isOfAna(this.addr.toString())) queuedJobs += 1
    return queueJob.call(this, job)
  }
})
afterEach(async () => {
  SessionCipher.prototype.queueJob = queueJob
  await rig.close()
})

test('[B2] of two instances hearing from one contact at once, both append before their ratchet steps', async () => {
  const steps: string[] = []
  const reading = Promise.withResolvers<void>()
  let isSlow = false
  let held = 0
  const database = flaky(rig.database.database, ({ name, args: [sql, values] }) => {
    if (!isSlow || name !== 'query' || !Array.isArray(values)) return null
    const [instanceId, type, ids, , , keysOf, types] = values
    if (String(sql).includes('join auth_keys')) return { fail: new Error('nothing is read ahead') }
    if (String(sql).includes('insert into auth_keys'))
      for (const [place, of] of types.entries()) if (of === 'session') steps.push(`${instanceId[keysOf[place]]} ratchet`)
    if (instanceId !== 'first' || type !== 'session' || !isOfAna(String(ids)) || held > 0) return null
    held += 1
    return { delay: reading.promise }
  })
  const log = flaky(rig.testLog.log, ({ name, args: [append] }) => {
    if (isSlow && name === 'append') steps.push(`${(append as { records: { key: string }[] }).records[0]?.key} append`)
    return null
  })
  const role = await rig.start({ database, log })
  const one = await rig.pair('first')
  const two = await rig.pair('second', '5511900000002')
  const ana = rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
  await one.send(ana, text('one'))
  await two.send(ana, text('two'))
  await until('all is acknowledged', () => one.pending().length + two.pending().length === 0)
  // A new process knows no key by heart.
  await role.close()
  await rig.start({ database, log })
  await until('both are online again', () => one.isOnline() && two.isOnline())
  await rig.untilState('first', 'open')
  await rig.untilState('second', 'open')
  queuedJobs = 0
  isSlow = true
  const ids = [await one.send(ana, text('three'))]
  await until('the first instance reads its session', () => held > 0 && queuedJobs === 1)
  ids.push(await two.send(ana, text('four')))
  await until('the second instance waits behind it', () => queuedJobs === 2)
  reading.resolve()
  await until('both are acknowledged', () => one.pending().length + two.pending().length === 0)
  await until('both steps are written', () => steps.filter(step => step.endsWith('ratchet')).length === 2)
  expect([one, two].map((device, index) => hows(device, ids[index] ?? ''))).toEqual([['receipt:inactive'], ['receipt:inactive']])
  for (const instanceId of ['first', 'second'])
    expect(steps.filter(step => step.startsWith(instanceId))).toEqual([`${instanceId} append`, `${instanceId} ratchet`])
  expect(texts(await rig.eventsOf('message.received')).toSorted()).toEqual(['four', 'one', 'three', 'two'])
  expect(await rig.eventsOf('message.undecryptable')).toEqual([])
})

test('[B2] a session that is begun behind another one’s job touches the keys in its own context', async () => {
  const whose = new AsyncLocalStorage<string>()
  const seen: (string | undefined)[] = []
  const held = Promise.withResolvers<void>()
  const storage = {
    isTrustedIdentity: async () => {
      seen.push(whose.getStore())
      await held.promise
      return false
    },
  }
  const begin = (name: string) =>
    whose.run(name, () =>
      new SessionBuilder(storage, new ProtocolAddress('200_1', 0)).initOutgoing({ identityKey: Buffer.of(1) }),
    )
  const both = Promise.allSettled([begin('first'), begin('second')])
  held.resolve()
  await both
  expect(seen).toEqual(['first', 'second'])
})
