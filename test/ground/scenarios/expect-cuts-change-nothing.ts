// 220 messages while connections to one part are cut by chance, and while it hangs: once and in order at the other end.
import { expect, type TestContext } from 'vitest'
import { cutByChance } from '../tcp-proxy.ts'
import { openExternalParts } from './external-parts.ts'
import { expectNothingLost, hangFor, openMixedConversation, talkInRounds } from './mixed-conversation.ts'
import { seeded } from './seeded.ts'
import { openStage } from './stage.ts'

/** A message is few statements, and a step that is cut is taken again. */
const SHARE = { kafka: 0.05, postgres: 0.1 }
/** Of each kind and direction, so that the scenario has met them all. */
const FEWEST_CUTS = 6

export async function expectCutsChangeNothing(
  part: 'kafka' | 'postgres',
  { annotate, onTestFinished }: TestContext,
): Promise<void> {
  const parts = await openExternalParts(`cut ${part}`)
  onTestFinished(parts.close)
  const { proxy, env } = parts.behind[part]
  const stage = await openStage({ env: { ...parts.env, ...env } })
  onTestFinished(stage.close)
  const talk = openMixedConversation(stage, { chats: 5 })
  const cuts = cutByChance(seeded(1), SHARE[part])
  proxy.watch(cuts.judge)
  await talkInRounds(stage, talk, 20)
  await hangFor(3_000, proxy, () => talk.write(20, { pictureEvery: 5 }))
  await expectNothingLost(stage, parts, talk.said)
  await annotate(cuts.describe())
  expect(cuts.fewest(), cuts.describe()).toBeGreaterThanOrEqual(FEWEST_CUTS)
}
