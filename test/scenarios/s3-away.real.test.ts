// Guarantee: a minute without S3, or without a right to it, fails no file and delays no text: media go out pending at their deadline, and follow.
import { expect, type TestContext, test } from 'vitest'
import { type ExternalParts, openExternalParts } from '../ground/scenarios/external-parts.ts'
import {
  expectNothingLost,
  idsOf,
  mediaSaidOf,
  openMixedConversation,
  type Said,
  troublesOf,
} from '../ground/scenarios/mixed-conversation.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

/** The promise is about time, and so are these tests. */
const AWAY_MS = 60_000
/** An endpoint's holdMedia where it says nothing else. */
const HOLD_MS = 20_000
/** From the deadline to the receiver. */
const SPARE_MS = 10_000
const timeout = 180_000

onEachSetup(() => {
  // Side by side: both mostly wait.
  test.concurrent('[C5] [C2] [E2] [H3] a minute after S3 was killed no file has failed and no text has waited; then every file follows', {
    timeout,
  }, async context => {
    const parts = await openExternalParts('s3 away')
    context.onTestFinished(parts.close)
    const { kill, start } = parts.s3.server
    await expectNoFileFailed(context, parts, {
      env: parts.env,
      takeAway: kill,
      giveBack: start,
      reason: /object-store: .*ECONNREFUSED/,
    })
  })

  test.concurrent('[C5] [C2] [E2] [H3] a minute of AccessDenied from S3 fails no file and delays no text; then every file follows', {
    timeout,
  }, async context => {
    const parts = await openExternalParts('s3 denied')
    context.onTestFinished(parts.close)
    const { credentials, allow, deny } = await parts.s3.addGuest()
    const env = {
      ...parts.env,
      S3_ACCESS_KEY_ID: credentials.accessKeyId,
      S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    }
    await expectNoFileFailed(context, parts, { env, takeAway: deny, giveBack: allow, reason: /object-store: .*status 403/ })
  })
}, [external])

type Outage = {
  env: Readonly<Record<string, string>>
  takeAway(): Promise<void>
  giveBack(): Promise<void>
  /** In readiness. */
  reason: RegExp
}

async function expectNoFileFailed(
  { onTestFinished }: TestContext,
  parts: ExternalParts,
  { env, takeAway, giveBack, reason }: Outage,
): Promise<void> {
  const stage = await openStage({ env })
  onTestFinished(stage.close)
  const { receiver } = stage
  const talk = openMixedConversation(stage, { chats: 5 })
  const [ana, bia, ...others] = talk.contacts
  if (ana === undefined || bia === undefined) throw new RangeError('expected two contacts and more')
  const before = await talk.write(10, { pictureEvery: 5 })
  await untilDelivered(receiver, idsOf(before))

  await takeAway()
  const awayAt = Date.now()
  const media = [
    await talk.say(ana, 'picture'),
    await talk.say(bia, { documentBytes: 6_000_000 }),
    await talk.say(bia, 'picture'),
  ]
  const texts: Said[] = []
  for (const contact of [...others, ...others]) texts.push(await talk.say(contact))
  await untilDelivered(receiver, idsOf(texts))
  expect(mediaStatuses(stage, media), 'no text waited for a file').toEqual([[], [], []])
  await until('readiness to say what is away', async () => (await troublesOf(stage)).some(trouble => reason.test(trouble)))

  await untilDelivered(receiver, idsOf(media), HOLD_MS + SPARE_MS)
  expect(Date.now() - awayAt).toBeGreaterThanOrEqual(HOLD_MS)
  expect(mediaStatuses(stage, media)).toEqual([['pending'], ['pending'], ['pending']])
  media.push(await talk.say(ana, 'picture'))
  await until('the minute to be over', () => Date.now() - awayAt >= AWAY_MS, AWAY_MS)
  expect((await troublesOf(stage)).join()).toMatch(reason)
  await giveBack()

  await expectNothingLost(stage, parts, talk.said)
  expect(mediaStatuses(stage, media)).toEqual(media.map(() => ['pending', 'stored']))
}

const mediaStatuses = (stage: Stage, said: readonly Said[]) =>
  said.map(({ messageId }) => mediaSaidOf(stage, messageId).map(({ status }) => status))
