// Guarantee: a video whose download stalls delays no other chat, delays its own for no longer than the endpoint says, and is announced when it is there.
import { expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { video } from '../../simulator/media/media.ts'
import { sampleMp4 } from '../../simulator/media/sample-media.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import type { Stage } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

/** Far longer than a text takes to its receiver, also on a machine that does much else: the order tells who waited for whom. */
const HOLD_S = 5
/** The download gives up a silent connection after the hold has ended, and tries again soon. */
const env = { MEDIA_IDLE_TIMEOUT: '7s', MEDIA_RETRY_DELAYS: '100ms,100ms,100ms' }
const AT_BYTE = 200
/** Two zaplogs start at once, on parts that may have to start first. */
const timeout = 120_000

onEachSetup(setup => {
  // Side by side: both mostly wait.
  test.concurrent('[C2] [E2] a stalled video holds its own chat until the deadline, and no other', { timeout }, async () => {
    const stage = await setup.openStage({ env, endpoint: { holdMedia: HOLD_S } })
    try {
      const { path, ...ids } = await sendRound(stage)
      await untilArrived(stage, 'message.received', 6)
      expect(arrivals(stage)).toEqual([...ids.greetings, ids.elsewhere, ids.elsewhereToo, ids.video, ids.after])
      await expectLaterStored(stage, ids.video, path)
    } finally {
      await stage.close()
    }
  })

  test.concurrent('[C2] [E2] with mediaHoldsChat: false a stalled video holds nothing but itself', { timeout }, async () => {
    const stage = await setup.openStage({ env, endpoint: { holdMedia: HOLD_S, mediaHoldsChat: false } })
    try {
      const { path, ...ids } = await sendRound(stage)
      await untilArrived(stage, 'message.received', 6)
      expect(arrivals(stage).at(-1)).toBe(ids.video)
      const { elsewhere, elsewhereToo, after, greetings } = ids
      expect(arrivals(stage).toSorted()).toEqual([...greetings, elsewhere, elsewhereToo, ids.video, after].toSorted())
      // The place it overtook is told.
      expect(arrival(stage, ids.after).body.data.sequence).toBeGreaterThan(arrival(stage, ids.video).body.data.sequence)
      await expectLaterStored(stage, ids.video, path)
    } finally {
      await stage.close()
    }
  })
})

/** A greeting in each of two chats, delivered first; then a video that stalls, a text in its chat, two texts in the other. */
async function sendRound(stage: Stage) {
  const { simulator, device } = stage
  const ana = simulator.contact({ pn: '5511900000011' })
  const bia = simulator.contact({ pn: '5511900000012' })
  const greetings: string[] = []
  for (const contact of [ana, bia]) {
    greetings.push(await device.send(contact, text('hello')))
    await untilArrived(stage, 'message.received', greetings.length)
  }
  const content = video(simulator.cdn, { bytes: await sampleMp4(), caption: 'look', seconds: 2 })
  const path = String(content.videoMessage?.directPath)
  simulator.cdn.fault(path, { kind: 'stall', atByte: AT_BYTE })
  return {
    path,
    greetings,
    video: await device.send(ana, content),
    elsewhere: await device.send(bia, text('before')),
    after: await device.send(ana, text('well?')),
    elsewhereToo: await device.send(bia, text('after')),
  }
}

async function expectLaterStored(stage: Stage, messageId: string, path: string): Promise<void> {
  expect(mediaOf(arrival(stage, messageId).body.data)).toMatchObject({ status: 'pending' })
  expect(stage.receiver.accepted.filter(one => one.body.type === 'media.updated')).toEqual([])
  stage.simulator.cdn.heal(path)
  const updated = await until('media.updated', () => stage.receiver.accepted.find(one => one.body.type === 'media.updated'))
  expect(updated.body.data.messageId).toBe(messageId)
  const media = mediaOf(updated.body.data)
  expect(media).toMatchObject({ status: 'stored', mimetype: 'video/mp4' })
  const file = await fetch(String(media.url))
  expect(file.status).toBe(200)
  expect(Buffer.from(await file.arrayBuffer()).equals(await sampleMp4())).toBe(true)
  expect(stage.receiver.attempts.filter(one => one.copy > 1)).toEqual([])
}

const untilArrived = ({ receiver }: Stage, type: string, count: number) =>
  until(`${count} webhooks ${type}`, () => receiver.accepted.filter(one => one.body.type === type).length === count)

const arrivals = ({ receiver }: Stage) =>
  receiver.accepted.filter(one => one.body.type === 'message.received').map(one => String(one.body.data.messageId))

function arrival({ receiver }: Stage, messageId: string) {
  const found = receiver.accepted.find(one => one.body.type === 'message.received' && one.body.data.messageId === messageId)
  if (found === undefined) throw new Error(`no webhook of message ${messageId}`)
  return found
}

const mediaOf = (data: Record<string, unknown>) => data.media as { status: string; url: string }
