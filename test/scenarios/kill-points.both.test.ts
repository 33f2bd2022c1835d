// Guarantee: zaplog and its Postgres die by kill -9 at any of the points between WhatsApp and the client, and nothing is lost, doubled or reordered.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import type { CrashPoint } from '../ground/scenarios/crash-plan.ts'
import { sideBySide } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, INSTANCE, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const points: readonly { between: string; point: CrashPoint }[] = [
  {
    between: 'before a message is appended',
    point: { at: 'append', when: 'before', topic: 'events', eventType: 'message.received' },
  },
  {
    between: 'between its append and the ratchet step',
    point: { at: 'append', when: 'after', topic: 'events', eventType: 'message.received' },
  },
  {
    between: 'between the ratchet step and the receipt',
    point: { at: 'statement', when: 'committed', contains: 'insert into auth_keys' },
  },
  {
    between: 'inside a projection’s transaction',
    // Where it appends in that transaction, and where it puts what it owes into the outbox.
    point: { at: 'statement', when: 'before', contains: 'projection_outbox' },
  },
  {
    between: 'before its deliveries are in the log',
    point: { at: 'append', when: 'before', topic: 'webhook-deliveries' },
  },
  {
    between: 'right after they are in the log',
    point: { at: 'append', when: 'after', topic: 'webhook-deliveries' },
  },
  {
    between: 'between a receiver’s 200 and the record of it',
    point: { at: 'statement', when: 'before', contains: 'insert into webhook_attempts' },
  },
]

sideBySide(setup => {
  test.for(points)(
    '[B2] [B3] [E4] kill -9 of everything $between loses, doubles and reorders nothing',
    { timeout: 180_000 },
    async ({ point }) => {
      const stage = await setup.openStage({ plan: { point }, shortSessions: true })
      try {
        const before = await sendRound(stage, 'before', 2)
        await untilDelivered(
          stage.receiver,
          before.map(one => one.messageId),
        )
        stage.zaplog().arm()
        const during = await sendRound(stage, 'during', 3)
        await stage.zaplog().ended
        await stage.killEverything()

        await stage.restart()
        const after = await sendRound(stage, 'after', 2)
        const sent = [...before, ...during, ...after]
        await untilDelivered(
          stage.receiver,
          sent.map(one => one.messageId),
        )
        await until('WhatsApp to have every receipt', () => stage.device.pending().length === 0)
        expectOnceInOrder(stage.receiver, sent)
        await expectReadModel(stage, sent)
        expect(stage.receiver.accepted.filter(one => one.body.type === 'message.undecryptable')).toEqual([])
      } finally {
        await stage.close()
      }
    },
  )
})

/** Two contacts write in turns. */
async function sendRound({ simulator, device }: Stage, word: string, each: number) {
  const contacts = [simulator.contact({ pn: '5511900000011' }), simulator.contact({ pn: '5511900000012' })]
  const sent: { chat: string; messageId: string }[] = []
  for (let n = 0; n < each; n++)
    for (const contact of contacts)
      sent.push({ chat: contact.lidJid, messageId: await device.send(contact, text(`${word} ${n}`)) })
  return sent
}

/** The rows behind the API: each message once. */
async function expectReadModel({ zaplog }: Stage, sent: readonly { messageId: string }[]): Promise<void> {
  await until('the read model to have every message', async () => {
    const { body } = await zaplog().call('GET', `/v1/instances/${INSTANCE}/messages?limit=200`)
    return (body.data as unknown[]).length >= sent.length
  })
  const { body } = await zaplog().call('GET', `/v1/instances/${INSTANCE}/messages?limit=200`)
  const ids = (body.data as { messageId: string }[]).map(one => one.messageId)
  expect(ids.toSorted()).toEqual(sent.map(one => one.messageId).toSorted())
}
