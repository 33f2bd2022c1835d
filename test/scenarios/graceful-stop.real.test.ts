// Guarantee: SIGTERM, on the way up or in the middle of a conversation, ends in time with exit code 0 (what takes longer than STOP_WITHIN
// ends with 1); what follows is as if it had never been stopped.
import { expect, onTestFinished, test } from 'vitest'
import { openConversation, type Sent } from '../ground/scenarios/conversation.ts'
import { expectNothingLeft } from '../ground/scenarios/expect-nothing-left.ts'
import { expectReadModel } from '../ground/scenarios/expect-read-model.ts'
import { postmasterOf } from '../ground/scenarios/its-postgres.ts'
import { embedded, external, onEachSetup, openSharedGround } from '../ground/scenarios/setups.ts'
import { expectOnceInOrder, openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { type StartSteps, watchStart } from '../ground/scenarios/start-steps.ts'
import { type Launched, launchZaplog, makeDataDir } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'

const CHATS = 5
const MESSAGES = 200
/** Long enough for every lane to have an attempt on its way when the signal comes. */
const ANSWER_MS = 40

onEachSetup(setup => {
  test('[H6] SIGTERM in the middle of 200 messages loses nothing and repeats nothing', async ({ annotate }) => {
    const stage = await setup.openStage({ program: 'start', respond: () => ({ delayMs: ANSWER_MS }) })
    try {
      const { device, receiver } = stage
      const talk = openConversation(stage, { chats: CHATS })
      const writing = talk.write(MESSAGES)
      await until('a quarter to be delivered', () => receiver.accepted.length >= MESSAGES / 4)
      const stoppedAt = Date.now()
      expect(await stage.zaplog().stop(), stage.zaplog().errors()).toBe(0)
      const stopMs = Date.now() - stoppedAt
      await writing
      const deliveredBefore = receiver.accepted.length
      expect(deliveredBefore, 'the stop must come in the middle').toBeLessThan(MESSAGES)

      await stage.restart()
      await expectDelivered(stage, talk.sent)
      expectOnceInOrder(receiver, talk.sent)
      await expectReadModel(stage.zaplog(), talk.sent)
      expect(receiver.attempts.filter(one => one.copy > 1)).toEqual([])
      // Whatever had entered the log was acknowledged before the end: none was taken in, then delivered to us again.
      const messages = device.settled().filter(one => one.tag === 'message')
      expect(messages.map(one => one.how).filter(how => !how.startsWith('receipt'))).toEqual([])
      expect(messages).toHaveLength(MESSAGES)
      await annotate(`stopped within ${stopMs} ms, after ${deliveredBefore} of ${MESSAGES} were delivered`)
    } finally {
      await stage.close()
    }
  })
})

onEachSetup(() => {
  test('[H6] SIGTERM on the way up is obeyed too, and leaves no Postgres behind', async () => {
    const dataDir = makeDataDir()
    const launched = launchZaplog({ dataDir: dataDir.path, program: 'start' })
    try {
      await until('Postgres to be on its way up', () => postmasterOf(dataDir.path) !== null)
      expect(await launched.stop(), launched.errors()).toBe(0)
      expect(postmasterOf(dataDir.path)).toBe(null)
    } finally {
      await launched.killEverything()
      dataDir.remove()
    }
  })
}, [embedded])

onEachSetup(() => {
  test('[H6] SIGTERM at any step of a start leaves nothing behind, and the next start goes on', { timeout: 120_000 }, async ({
    annotate,
  }) => {
    const watched = await watchStart(await openSharedGround({ ownLog: false, prepareStore: null }))
    const dataDir = makeDataDir()
    onTestFinished(async () => {
      dataDir.remove()
      await watched.ground.close()
    })
    const { env } = watched.ground
    const first = await stopAtEachStep(watched, () => launchZaplog({ dataDir: dataDir.path, env, program: 'start' }))

    const stage = await openStage({ ground: async () => watched.ground, program: 'start' })
    try {
      const talk = openConversation(stage, { chats: CHATS })
      await expectDelivered(stage, await talk.write(CHATS))
      expect(await stage.zaplog().stop(), stage.zaplog().errors()).toBe(0)
      await talk.write(CHATS)
      const later = await stopAtEachStep(watched, stage.launch)
      await stage.restart()
      await expectDelivered(stage, talk.sent)
      expectOnceInOrder(stage.receiver, talk.sent)
      await annotate(`empty parts: ${first}; a paired instance with messages waiting: ${later}`)
    } finally {
      await stage.close()
    }
  })
}, [external])

/** One start after another, each stopped one step later than the one before. Answers how long each stop took. */
async function stopAtEachStep({ ground, steps, beginAnew }: StartSteps, launch: () => Launched): Promise<string> {
  const took: string[] = []
  for (const step of steps) {
    beginAnew()
    const launched = launch()
    onTestFinished(launched.kill)
    await until(`a start to be where ${step.at}`, () => {
      if (launched.exitCode() !== null) throw new Error(`it ended with ${launched.exitCode()}: ${launched.errors()}`)
      return step.isReached(launched)
    })
    const toldAt = performance.now()
    expect(await launched.stop(), `stopped where ${step.at}: ${launched.errors()}`).toBe(0)
    const stopMs = Math.round(performance.now() - toldAt)
    expect(launched.errors(), step.at).not.toMatch(/"level":50|"data-dir\.taken-over"/)
    await expectNothingLeft(ground.env)
    took.push(`where ${step.at} ${stopMs} ms`)
  }
  return took.join(', ')
}

async function expectDelivered({ receiver, device }: Stage, sent: readonly Sent[]): Promise<void> {
  await untilDelivered(
    receiver,
    sent.map(one => one.messageId),
  )
  await until('WhatsApp to have every receipt', () => device.pending().length === 0)
}
