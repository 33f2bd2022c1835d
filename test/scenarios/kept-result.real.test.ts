// Guarantee: once what came of a POST is in its row, kill -9 of everything at any later point sends the receiver nothing again, and the log gets
// that attempt as one event.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { CrashPoint } from '../ground/scenarios/crash-plan.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

/** A row that is alone, because nothing of what follows could be written with it, is left to others in test/webhooks/bridge-kept.test.ts. */
const points: readonly { between: string; point: CrashPoint }[] = [
  {
    between: 'right after the row, and what was written with it',
    point: { at: 'statement', when: 'committed', contains: 'insert into webhook_attempts' },
  },
  {
    between: 'right after its event is in the log, also where that is still owed',
    point: { at: 'append', when: 'after', topic: 'webhook-attempts' },
  },
]

sideBySide(setup => {
  test.for(points)(
    '[B3] [E4] [E7] kill -9 of everything $between: no second POST, and one event of the attempt',
    { timeout: 240_000 }, // two starts, and a claim of the dead that runs out
    async ({ point }) => {
      const stage = await setup.openStage({
        plan: { point },
        shortSessions: true,
        endpoint: { eventTypes: ['message.received'] },
      })
      try {
        const { simulator, device, receiver } = stage
        const contact = simulator.contact({ pn: '5511900000011' })
        const send = async (word: string) => {
          const messageId = await device.send(contact, text(word))
          await untilDelivered(receiver, [messageId])
        }
        await send('before')
        const attempted = () => attemptedIn(stage)
        await until('its attempt to be in the log', async () => (await attempted()).length === 1)
        stage.zaplog().arm()
        await send('during')
        await stage.zaplog().ended
        await stage.killEverything()

        await stage.restart()
        await send('after')
        await until('every attempt to be in the log', async () => new Set((await attempted()).map(one => one.eventId)).size === 3)
        expect(receiver.attempts.map(one => [one.copy, one.attempt])).toEqual([
          [1, 1],
          [1, 1],
          [1, 1],
        ])
        const told = (await attempted()).map(
          one => `${one.eventId} ${one.deliveryId} ${one.attempt} ${one.outcome} ${one.statusCode}`,
        )
        expect(new Set(told).size, 'copies say the same').toBe(3)
        expect(new Set((await attempted()).map(one => one.deliveryId)).size).toBe(3)
      } finally {
        await stage.close()
      }
    },
  )
})

/** In the log as it is now, read from outside. */
async function attemptedIn({ ground }: Stage) {
  const log = await ground.openLog()
  try {
    return (await log.events('webhook-attempts')).filter(one => one.type === 'delivery.attempted')
  } finally {
    await log.close()
  }
}
