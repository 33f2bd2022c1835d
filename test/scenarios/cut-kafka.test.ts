// Guarantee: connections to Kafka that break before, inside and after requests and answers, and a Kafka that hangs, change nothing.
import { expect, test } from 'vitest'
import { cutByChance } from '../tcp-proxy.ts'
import { openExternalParts } from './external-parts.ts'
import { external, onEachLane } from './lanes.ts'
import { expectNothingLost, hangFor, openMixedConversation, talkInRounds } from './mixed-conversation.ts'
import { seeded } from './seeded.ts'
import { openStage } from './stage.ts'

onEachLane(() => {
  test('[B2] [B3] [D2] [H4] cut connections to Kafka lose, double and reorder none of 220 messages', {
    timeout: 180_000,
  }, async ({ annotate, onTestFinished }) => {
    const parts = await openExternalParts('cut kafka')
    onTestFinished(parts.close)
    const { kafka } = parts.behind
    const stage = await openStage({ env: { ...parts.env, ...kafka.env } })
    onTestFinished(stage.close)
    const talk = openMixedConversation(stage, { chats: 5 })
    const cuts = cutByChance(seeded(1), 0.05)
    kafka.proxy.watch(cuts.judge)
    await talkInRounds(stage, talk, 20)
    await hangFor(3_000, kafka.proxy, () => talk.write(20, { pictureEvery: 5 }))
    await expectNothingLost(stage, parts, talk.said)
    await annotate(cuts.describe())
    expect(cuts.fewest(), cuts.describe()).toBeGreaterThanOrEqual(6)
  })
}, [external])
