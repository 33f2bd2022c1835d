// What was asked of an account, done by the real Baileys at the simulator: in order per chat, chats side by side, the same bytes under the same id
// however often, and one outcome.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { outcomeId } from '../../src/instances/command-ids.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { askFor, hear, rowsOf, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig, texts } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

const logger = collectLogLines()
let rig: Rig
beforeEach(async () => {
  rig = await openRig('commands', logger)
})
afterEach(async () => {
  await rig.close()
})
const person = (nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })

test('[F1] a text that was asked for reaches the chat under its id, and is told as a message of the account and as done', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const heard = hear(rig, device)
  const asked = await askFor(rig, { chatId: ana.lidJid, text: 'hello' })
  const [done] = await rig.untilEvents('command.completed', 1)
  expect(heard).toEqual([{ messageId: asked.messageId, to: ana.lidJid, text: 'hello', secret: expect.stringMatching(/^\w{64}$/) }])
  expect(done).toMatchObject({
    ...{ eventId: outcomeId(asked.eventId), commandId: asked.commandId, messageId: asked.messageId, chatId: ana.lidJid },
    ...{ operation: 'message.send', tries: 1 },
  })
  const [sent, ...others] = await rig.eventsOf('message.sent')
  expect(others).toEqual([])
  expect(sent).toMatchObject({
    ...{ kind: 'text', text: 'hello', fromMe: true, source: 'api', commandId: asked.commandId },
    ...{ messageId: asked.messageId, chatId: ana.lidJid, senderId: device.owner.lidJid, epoch: done?.epoch },
  })
  await untilRow(rig, asked, 'over', row => row.state === 'completed')
})

test('[F1] commands of one chat are sent in their order, each once', async () => {
  await rig.start()
  const device = await rig.pair('first')
  const ana = person(1)
  const heard = hear(rig, device)
  const said = Array.from({ length: 12 }, (_, nth) => `${nth}`)
  for (const text of said) await askFor(rig, { chatId: ana.lidJid, text })
  await rig.untilEvents('command.completed', said.length)
  expect(texts(heard)).toEqual(said)
  expect(texts(await rig.eventsOf('message.sent'))).toEqual(said)
})
