// Guarantee: with a bucket of a real S3 server the same zaplog stores there, pauses its media while it is away, and goes on by itself.
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { text } from '../../simulator/accounts/content.ts'
import { image } from '../../simulator/media/media.ts'
import { sampleJpeg } from '../../simulator/media/sample-media.ts'
import { openS3World } from '../ground/objects/s3-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { s3Settings } from '../ground/scenarios/s3-settings.ts'
import { openStage, type Stage, untilDelivered } from '../ground/scenarios/stage.ts'

describe.runIf(await runsHere('s3'))('with S3', () => {
  test('[H4] [C5] [E2] files are objects in the bucket; while it is away texts flow and no file fails', async () => {
    const world = await openS3World('media')
    const env = s3Settings(world.server, world.bucket)
    const stage = await openStage({ env, endpoint: { holdMedia: 'until-settled', mediaHoldsChat: false } })
    try {
      const first = await sendImage(stage)
      await untilDelivered(stage.receiver, [first])
      await expectStored(stage, first)

      await world.server.kill()
      const second = await sendImage(stage)
      const words = await stage.device.send(stage.simulator.contact({ pn: '5511900000012' }), text('meanwhile'))
      await untilDelivered(stage.receiver, [words])
      expect(mediaOf(stage, second)).toBeUndefined()
      expect((await fetch(mediaOf(stage, first)?.url ?? '')).status).toBe(503)

      await world.server.start()
      await untilDelivered(stage.receiver, [second])
      await expectStored(stage, second)
    } finally {
      await stage.close()
      await world.close()
    }
  })
})

type Media = { status: string; url: string; sha256: string }

const sendImage = async ({ simulator, device }: Stage) =>
  await device.send(simulator.contact({ pn: '5511900000011' }), image(simulator.cdn, { bytes: await sampleJpeg() }))

const mediaOf = ({ receiver }: Stage, messageId: string) =>
  receiver.accepted.find(attempt => attempt.body.data.messageId === messageId)?.body.data.media as Media | undefined

/** The link of the webhook leads to the very bytes. */
async function expectStored(stage: Stage, messageId: string): Promise<void> {
  const media = mediaOf(stage, messageId)
  expect(media).toMatchObject({ status: 'stored' })
  const response = await fetch(media?.url ?? '')
  const bytes = Buffer.from(await response.arrayBuffer())
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(media?.sha256)
}
