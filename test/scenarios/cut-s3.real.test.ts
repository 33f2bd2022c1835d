// Guarantee: connections to S3 that break before, inside and after requests and answers, and an S3 that hangs, change nothing.
import { expect, test } from 'vitest'
import { openExternalParts } from '../ground/scenarios/external-parts.ts'
import {
  expectNothingLost,
  hangFor,
  idsOf,
  openMixedConversation,
  talkInRounds,
  untilStored,
} from '../ground/scenarios/mixed-conversation.ts'
import { seeded } from '../ground/scenarios/seeded.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import { cutByChance } from '../ground/tcp-proxy.ts'

/** Uploaded in parts, of about 80 chunks each. */
const DOCUMENT_BYTES = 6_000_000
/** Each that cuts a file which is read costs the 5 s that an outage is waited for; a minute is what all of them have. */
const MOST_IN_PARTS = 6
/** Shorter than an outage that the processors wait out: some files go out pending, and follow. */
const HOLD_S = 4

onEachSetup(() => {
  test('[C3] [C5] [E2] [H4] cut connections to S3 lose, double and spoil none of 47 files, and no message', {
    timeout: 180_000,
  }, async ({ annotate, onTestFinished }) => {
    const parts = await openExternalParts('cut s3')
    onTestFinished(parts.close)
    const { s3 } = parts.behind
    const stage = await openStage({ env: { ...parts.env, ...s3.env }, endpoint: { holdMedia: HOLD_S } })
    onTestFinished(stage.close)
    const talk = openMixedConversation(stage, { chats: 5 })
    const cuts = cutByChance(seeded(1), 0.15)
    s3.proxy.watch(cuts.judge)
    await talkInRounds(stage, talk, 20)
    await untilDelivered(stage.receiver, idsOf(talk.said))

    const inParts = cutByChance(seeded(5), 0.015, { atMost: MOST_IN_PARTS })
    s3.proxy.watch(inParts.judge)
    for (const contact of talk.contacts.slice(0, 3)) await talk.say(contact, { documentBytes: DOCUMENT_BYTES })
    await untilStored(stage, talk.said)

    await hangFor(3_000, s3.proxy, () => talk.write(20, { pictureEvery: 5 }))
    await expectNothingLost(stage, parts, talk.said)
    expect(await parts.s3.unfinishedUploads()).toEqual([])
    await annotate(`${cuts.describe()}; of documents ${inParts.describe()}`)
    expect(cuts.fewest(), cuts.describe()).toBeGreaterThanOrEqual(4)
    expect(inParts.total(), inParts.describe()).toBeGreaterThanOrEqual(4)
  })
}, [external])
