// What real Baileys writes while messages of a known contact come in: a few statements for many messages, none before a receipt, all before
// the account is left in peace.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { flaky } from '../ground/flaky.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('key lag', logger)
})
afterEach(() => rig.close())

const contact = () => rig.simulator.contact({ pn: '5511900000011', name: 'Ana' })
const acknowledged = (device: SimDevice) => until('all is acknowledged', () => device.pending().length === 0)
const parts = async () => (await rig.database.database.query('select 1 from appended_parts')).length
const isLeftInPeace = async () =>
  (await rig.database.database.query<{ ended_cleanly: boolean }>('select ended_cleanly from instance_owners'))[0]?.ended_cleanly

/** A role whose key statements are counted, and held while `held` is there. */
async function start() {
  const keys = { statements: 0, held: null as Promise<void> | null }
  const database = flaky(rig.database.database, ({ name, args: [sql] }) => {
    if (name !== 'query' || !String(sql).includes('insert into auth_keys')) return null
    keys.statements += 1
    return keys.held === null ? null : { delay: keys.held }
  })
  const role = await rig.start({ database })
  const device = await rig.pair('first')
  await device.send(contact(), text('hello'))
  await acknowledged(device)
  await until('what the first message brought is durable', async () => (await parts()) === 1)
  return { keys, role, device }
}

test('[B2] what a known contact writes during one key statement is the next one, and waits for neither', async () => {
  const { keys, device } = await start()
  const before = keys.statements
  const hold = Promise.withResolvers<void>()
  keys.held = hold.promise
  const words = Array.from({ length: 100 }, (_, number) => `word ${number}`)
  for (const word of words) await device.send(contact(), text(word))
  await acknowledged(device)
  expect(await parts()).toBe(1)
  hold.resolve()
  await until('every part is remembered', async () => (await parts()) === 101)
  expect(keys.statements - before).toBe(2)
  expect(texts(await rig.eventsOf('message.received'))).toEqual(['hello', ...words])
})

test('[B2] [A4] receipts leave without a key statement, and an account is left in peace only once its steps are durable', async () => {
  const { keys, role, device } = await start()
  const before = keys.statements
  const hold = Promise.withResolvers<void>()
  keys.held = hold.promise
  for (let number = 0; number < 5; number += 1) await device.send(contact(), text(`word ${number}`))
  await acknowledged(device)
  expect(await parts()).toBe(1)
  const closing = role.close()
  await until('the steps are on their way', () => keys.statements > before)
  expect(await isLeftInPeace()).toBe(false)
  hold.resolve()
  await closing
  expect([await parts(), await isLeftInPeace()]).toEqual([6, true])
})
