// Guarantee: what ends its connection, or is there whenever its process dies, is tried at once a few times, rests before each other one, and is given
// up in the end; it is given to WhatsApp under one id all along.
import { expect, onTestFinished, test } from 'vitest'
import type { SimDevice } from '../../simulator/accounts/device.ts'
import { failed, judgeBefore } from '../../src/producers/commands/judge-try.ts'
import { collectLogLines } from '../ground/log-lines.ts'
import { type Asked, askFor, countsSent, skipWaiting, untilRow } from '../ground/producers/commands.ts'
import { openRig, type Rig } from '../ground/producers/rig.ts'
import { until } from '../ground/until.ts'

test('[F1] after four connections that were lost under a message each further try waits a minute, and one that WhatsApp hears is told as done', async () => {
  const rig = await openRig('left', collectLogLines())
  onTestFinished(rig.close)
  await rig.start()
  const device = await rig.pair('first')
  device.answerMessages('no-ack')
  const asked = await askFor(rig, { chatId: rig.simulator.contact({ pn: '5511900000011', name: 'Ana' }).lidJid, text: 'once' })
  for (const tries of [1, 2, 3, 4]) await loseConnection(device, tries)
  await untilResting(rig, asked, 4)
  await skipWaiting(rig)
  await loseConnection(device, 5)
  await untilResting(rig, asked, 5)
  device.answerMessages('ack')
  await skipWaiting(rig)
  expect(await rig.untilEvents('command.completed', 1)).toMatchObject([{ commandId: asked.commandId, tries: 6 }])
  expect(countsSent(device)).toEqual([6])
  expect(device.shown().map(({ messageId }) => messageId)).toEqual([asked.messageId])
  expect(device.conflicts()).toEqual([])
})

test.each([
  [{ tries: 3, is_left: true }, null],
  [
    { tries: 4, is_left: true },
    { is: 'not-given', delayMs: 60_000, waitsFor: 'retry' },
  ],
  [
    { tries: 9, is_left: true },
    { is: 'not-given', delayMs: 60_000, waitsFor: 'retry' },
  ],
  [{ tries: 9, is_left: false }, null],
  [
    { tries: 10, is_left: true },
    { is: 'over', outcome: failed('outcome-unknown', 5) },
  ],
  [
    { tries: 10, is_left: false },
    { is: 'over', outcome: failed('outcome-unknown', 5) },
  ],
])('[F1] of %j it is judged before the next try', (command, judged) => {
  expect(judgeBefore(command, { retryMs: 60_000 }, 5)).toEqual(judged)
})

/** While its `tries`th try waits for its acknowledgement. */
async function loseConnection(device: SimDevice, tries: number): Promise<void> {
  await until(`it is given for the ${tries}th time`, () => countsSent(device)[0] === tries)
  device.drop()
}

const untilResting = (rig: Rig, asked: Asked, tries: number) =>
  untilRow(
    rig,
    asked,
    'at rest',
    row => row.state === 'accepted' && row.tries === tries && (row.due_at?.getTime() ?? 0) > Date.now(),
  )
