// Guarantee: connections to the registry that break while zaplog starts, and when it meets a schema for the first time, change nothing.
import { expect, test } from 'vitest'
import { openExternalParts, openNewerVersions } from '../ground/scenarios/external-parts.ts'
import { expectNothingLost, hangFor, idsOf, openMixedConversation } from '../ground/scenarios/mixed-conversation.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import { cutByChance } from '../ground/tcp-proxy.ts'

const ROUNDS = 5
/** All that begin a round. */
const VERSIONS_PER_ROUND = 3

onEachSetup(() => {
  test('[B5] [B2] [B3] [H4] cut connections to the registry end no start, and lose, double and reorder none of 238 messages', {
    timeout: 180_000,
  }, async ({ annotate, onTestFinished }) => {
    const parts = await openExternalParts('cut registry')
    onTestFinished(parts.close)
    const { registry } = parts.behind
    const starting = cutByChance(seeded(1), 0.1)
    registry.proxy.watch(starting.judge)
    const stage = await openStage({ env: { ...parts.env, ...registry.env } })
    onTestFinished(stage.close)
    const versions = await openNewerVersions(parts, ROUNDS * VERSIONS_PER_ROUND + 3)
    onTestFinished(versions.close)
    const talk = openMixedConversation(stage, { chats: 5 })
    const meetNewVersions = async () => {
      for (const contact of talk.contacts.slice(0, VERSIONS_PER_ROUND)) await talk.overhear(versions, contact)
    }
    const meeting = cutByChance(seeded(2), 0.5)
    registry.proxy.watch(meeting.judge)
    for (let round = 1; round <= ROUNDS; round++) {
      await meetNewVersions()
      await talk.write(40)
      await untilDelivered(stage.receiver, idsOf(talk.said))
    }
    await hangFor(3_000, registry.proxy, async () => {
      await meetNewVersions()
      await talk.write(20, { pictureEvery: 5 })
    })
    await expectNothingLost(stage, parts, talk.said)
    await annotate(`starting, ${starting.describe()}; meeting new schemas, ${meeting.describe()}`)
    expect(starting.total(), starting.describe()).toBeGreaterThanOrEqual(8)
    expect(meeting.total(), meeting.describe()).toBeGreaterThanOrEqual(12)
  })
}, [external])
