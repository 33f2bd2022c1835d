// Guarantee: kill -9 at random instants while an account is asked to send to three chats: every command that was accepted has one outcome, phones
// show each message once, in the order of its chat, and none is lost.
import { expect, test } from 'vitest'
import { seeded } from '../ground/scenarios/seeded.ts'
import { embedded, onEachSetup } from '../ground/scenarios/setups.ts'
import { INSTANCE, type Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const KILLS = 8
const CHATS = 3
const COMMANDS = 60
const SEED = 20260214
/** From the moment that it listens: about as long as its socket takes to be open, and longer. */
const LIFE_MS = 3_000

onEachSetup(
  setup => {
    test('[F1] 8 kill -9 while 60 commands are accepted lose, double and reorder nothing', { timeout: 240_000 }, async () => {
      const random = seeded(SEED)
      const stage = await setup.openStage({
        env: { OUTBOUND_PER_MINUTE: '0', OUTBOUND_FIRST_PER_MINUTE: '0', OUTBOUND_FIRST_PER_DAY: '0' },
        endpoint: { eventTypes: ['*'] },
      })
      try {
        const chats = Array.from({ length: CHATS }, (_, nth) =>
          stage.simulator.contact({ pn: `551190000001${nth}`, name: `${nth}` }),
        )
        const accepted: Accepted[] = []
        for (let kill = 1; kill <= KILLS; kill++) {
          const until = (COMMANDS * kill) / KILLS
          const asking = askUntil(stage, { accepted, chats, until })
          await instant(random() * LIFE_MS)
          await (kill % 3 === 0 ? stage.killEverything() : stage.kill())
          await asking
          await stage.restart()
        }
        await askUntil(stage, { accepted, chats, until: COMMANDS })

        await until(
          'every command to be over',
          async () => {
            const waiting = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/commands?state=waiting`)
            const sending = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/commands?state=sending`)
            return [waiting, sending].every(({ body }) => Array.isArray(body.data) && body.data.length === 0)
          },
          120_000,
        )
        for (const { commandId } of accepted) {
          const { body } = await stage.zaplog().call('GET', `/v1/instances/${INSTANCE}/commands/${commandId}`)
          expect(body).toMatchObject({ state: 'completed' })
        }
        const shown = stage.device.shown().map(({ chat, messageId }) => ({ chat, messageId }))
        expect(stage.device.conflicts()).toEqual([])
        expect(Object.groupBy(shown, one => one.chat)).toEqual(
          Object.groupBy(
            accepted.map(({ chat, messageId }) => ({ chat, messageId })),
            one => one.chat,
          ),
        )
        await expectOneOutcomeEach(stage, accepted)
      } finally {
        await stage.close()
      }
    })
  },
  [embedded],
)

type Accepted = { commandId: string; messageId: string; chat: string }
type Asking = { accepted: Accepted[]; chats: readonly { lidJid: string }[]; until: number }

/** One after another, with a key each; what got no answer is asked for again with its key by the next life. */
async function askUntil(stage: Stage, { accepted, chats, until: count }: Asking): Promise<void> {
  while (accepted.length < count) {
    const nth = accepted.length
    const chat = chats[nth % chats.length]?.lidJid ?? ''
    const answer = await ask(stage, `key ${nth}`, { chatId: chat, kind: 'text', text: `text ${nth}` })
    if (answer === null) return
    accepted.push({ commandId: String(answer.commandId), messageId: String(answer.messageId), chat })
  }
}

/** null: it got no answer, or none that it was accepted. */
async function ask(stage: Stage, key: string, body: object): Promise<Record<string, unknown> | null> {
  try {
    const response = await fetch(new URL(`/v1/instances/${INSTANCE}/messages`, stage.zaplog().url), {
      method: 'POST',
      headers: { authorization: `Bearer ${stage.zaplog().key}`, 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify(body),
    })
    const answer: unknown = await response.json()
    return response.status === 202 ? (answer as Record<string, unknown>) : null
  } catch {
    return null // the process was killed under it
  }
}

/** Copies of one outcome have one id. */
async function expectOneOutcomeEach(stage: Stage, accepted: readonly Accepted[]): Promise<void> {
  const log = await stage.ground.openLog()
  try {
    const outcomes = (await log.events('events')).filter(one => one.type === 'command.completed' || one.type === 'command.failed')
    const ids = new Map(outcomes.map(one => [one.eventId, one.commandId]))
    expect([...ids.values()].toSorted()).toEqual(accepted.map(one => one.commandId).toSorted())
  } finally {
    await log.close()
  }
}

/** When death comes: the one thing here that is meant to depend on the clock. */
const instant = (afterMs: number) => new Promise(resolve => setTimeout(resolve, afterMs))
