// How commands end that are not simply sent: nobody is there, WhatsApp will not have them, nothing can be made of them, the account is logged out.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, countsSent, shownTexts, untilRow } from '../ground/producers/commands.ts'
import { numberOf, person, query, untilFailed } from '../ground/producers/ended-commands.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands-ends', logger)
})
afterEach(() => rig.close())

test('[F1] a number that is not on WhatsApp has failed as such, with nothing sent; one that is gets its message under its own address', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(rig, 1)
  await askFor(rig, { chatId: '5511900000077@s.whatsapp.net' })
  await askFor(rig, { chatId: numberOf(ana), text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  expect(await untilFailed(rig)).toMatchObject([{ reason: 'not-on-whatsapp', code: null, tries: 0 }])
  expect(texts(shownTexts(device))).toEqual(['hello'])
  expect(await rig.eventsOf('message.sent')).toMatchObject([{ chatId: ana.lidJid, chatPn: numberOf(ana) }])
})

test('[F1] what WhatsApp refused for now, and whose account is logged out then, is told as refused, with its code', async () => {
  await rig.start()
  const device = await rig.pair('first')
  device.answerMessages({ error: 429 }, 1)
  const asked = await askFor(rig, { chatId: person(rig, 1).lidJid })
  await untilRow(rig, asked, 'put off', row => row.state === 'accepted' && row.tries === 1)
  await rig.want('first', `wanted = 'logged-out'`)
  expect(await untilFailed(rig)).toMatchObject([{ commandId: asked.commandId, reason: 'rate-limited', code: '429', tries: 1 }])
})

test('[F1] what this version cannot send has failed as invalid, with nothing sent, and its chat goes on', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const { lidJid } = person(rig, 1)
  await askFor(rig, { chatId: lidJid, kind: 'telegram' })
  await askFor(rig, { chatId: lidJid, text: 'hello' })
  await rig.untilEvents('command.completed', 1)
  expect(await untilFailed(rig)).toMatchObject([{ reason: 'invalid', tries: 0 }])
  expect(countsSent(device)).toEqual([1])
})

test('[F1] [A7] what waits for an account that is logged out has failed', async () => {
  const role = await rig.start()
  await rig.pair('first')
  await role.close()
  const asked = await askFor(rig, { chatId: person(rig, 1).lidJid })
  await rig.want('first', `wanted = 'logged-out'`)
  await query(rig, 'delete from auth_creds')
  await rig.start()
  expect(await untilFailed(rig)).toMatchObject([{ commandId: asked.commandId, reason: 'logged-out', tries: 0 }])
  await untilRow(rig, asked, 'over', row => row.state === 'failed')
})

test('[F1] [B8] of a chat that the settings leave out the outcome is told without its chat, and the message is not', async () => {
  await rig.start()
  await rig.create('first', { ignoreGroups: true })
  const device = await rig.simulator.scanQr(await rig.qrOf('first'), { pn: '5511900000001', name: 'Owner' })
  await rig.untilState('first', 'open')
  const group = rig.simulator.group({ subject: 'Friends', members: [device.owner, person(rig, 1)] })
  const asked = await askFor(rig, { chatId: group.id, text: 'hello' })
  const [done] = await rig.untilEvents('command.completed', 1)
  expect(done).toMatchObject({ commandId: asked.commandId, messageId: asked.messageId })
  expect(done?.chatId).toBeNull()
  expect(texts(shownTexts(device))).toEqual(['hello'])
  expect(await rig.eventsOf('message.sent')).toEqual([])
})
