// Guarantee: without its registry a running zaplog goes on with every schema it has met; one it has not is waited for, and parks
// nothing.
import { expect, test } from 'vitest'
import { openExternalParts, openNewerVersions } from '../ground/scenarios/external-parts.ts'
import { expectNothingLost, idsOf, openMixedConversation, readReady, troublesOf } from '../ground/scenarios/mixed-conversation.ts'
import { external, onEachSetup } from '../ground/scenarios/setups.ts'
import { openStage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

/** Of wa.events. */
const READERS = ['projection read-model', 'projection webhook-stream', 'download-media']

onEachSetup(() => {
  test('[B5] [B2] [B3] [E2] [H3] the registry is killed: messages flow, and one of a newer version waits until it is back', {
    timeout: 120_000,
  }, async ({ onTestFinished }) => {
    const parts = await openExternalParts('registry away')
    onTestFinished(parts.close)
    const stage = await openStage({ env: parts.env })
    onTestFinished(stage.close)
    const versions = await openNewerVersions(parts, 1)
    onTestFinished(versions.close)
    const { device, receiver } = stage
    const talk = openMixedConversation(stage, { chats: 4 })
    const [ana] = talk.contacts
    if (ana === undefined) throw new RangeError('expected a contact')
    await parts.registry.kill()

    const known = await talk.write(40, { pictureEvery: 8 })
    await untilDelivered(receiver, idsOf(known))
    expect(await readReady(stage)).toMatchObject({ status: 200, body: { status: 'ok' } })

    const newer = await talk.overhear(versions, ana)
    const behind = await talk.write(40, { pictureEvery: 8 })
    await until('WhatsApp to have every receipt', () => device.pending().length === 0)
    const waiting = /paused: .*asking for schema \d+: /
    await until('every reader of the log to say what it waits for', async () => {
      const troubles = await troublesOf(stage)
      return READERS.every(name => troubles.some(trouble => trouble.startsWith(name) && waiting.test(trouble)))
    })
    const early = new Set([newer, ...behind].map(one => one.messageId))
    expect(receiver.accepted.filter(({ body }) => early.has(String(body.data.messageId)))).toEqual([])

    await parts.registry.start()
    await expectNothingLost(stage, parts, talk.said)
  })
}, [external])
