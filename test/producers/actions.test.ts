// What was asked of an account and becomes no message, done by the real Baileys at the simulator: once, or told as unknown where nobody can tell.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { askToDo, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('actions', logger)
})
afterEach(async () => {
  await rig.close()
})

const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })
const block = (personId: string, on = true) => askToDo(rig, 'contact.block', { personId, on }, personId)

async function opened() {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  // What tells the account her number.
  await device.send(ana, { conversation: 'hello' })
  await rig.untilEvents('message.received', 1)
  return { device, ana }
}

test('[F1] what was asked for is done, and told as done without a message', async () => {
  const { device, ana } = await opened()
  const asked = await block(ana.lidJid)
  const [done] = await rig.untilEvents('command.completed', 1)
  expect(done).toMatchObject({
    ...{ commandId: asked.commandId, operation: 'contact.block', tries: 1, messageId: null, chatId: ana.lidJid, result: null },
  })
  expect(device.blocked()).toEqual([ana.lidJid])
  expect(await rig.eventsOf('message.sent')).toEqual([])
})

test('[F1] what WhatsApp refuses for good has failed with its code', async () => {
  const { device, ana } = await opened()
  device.answerIqs({ xmlns: 'blocklist', fault: { error: 403 } })
  await block(ana.lidJid)
  expect((await rig.untilEvents('command.failed', 1))[0]).toMatchObject({ reason: 'not-allowed', code: '403', tries: 1 })
  expect(device.blocked()).toEqual([])
})

test('[F1] what WhatsApp refuses for now is done at its next try, without asking whether it was', async () => {
  const { device, ana } = await opened()
  device.answerIqs({ xmlns: 'blocklist', fault: { error: 500 } })
  device.answerIqs({ xmlns: 'blocklist', type: 'get', fault: 'swallow', times: 9 })
  const asked = await block(ana.lidJid)
  await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
  await skipWaiting(rig)
  expect((await rig.untilEvents('command.completed', 1))[0]).toMatchObject({ tries: 2 })
  expect(device.blocked()).toEqual([ana.lidJid])
})

test.each([
  ['was done', 'unsaid', 1],
  ['was not done', 'swallow', 2],
] as const)('[F1] what %s, as reading it back says after a lost connection, is done once', async (_, fault, tries) => {
  const { device, ana } = await opened()
  device.answerIqs({ xmlns: 'blocklist', fault })
  const asked = await block(ana.lidJid)
  await untilRow(rig, asked, 'given', row => row.tries === 1)
  await until('WhatsApp to be asked', async () => device.iqFaultsLeft() === 0)
  device.drop()
  expect((await rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: asked.commandId, tries })
  expect(device.blocked()).toEqual([ana.lidJid])
})

test('[F1] an operation that this version does not know has failed, and the next one of its chat is done', async () => {
  const { ana } = await opened()
  await askToDo(rig, 'contact.unheard-of', {}, ana.lidJid)
  const second = await block(ana.lidJid, false)
  expect((await rig.untilEvents('command.failed', 1))[0]).toMatchObject({ reason: 'invalid', tries: 0 })
  expect((await rig.untilEvents('command.completed', 1))[0]).toMatchObject({ commandId: second.commandId })
})
