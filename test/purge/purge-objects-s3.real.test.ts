// Which objects a purge erases on S3: all of the instance, however they are found, what is left of uploads too, and nobody else's.
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3'
import { afterAll, describe, expect, test } from 'vitest'
import { erasesObjects } from '../contracts/purged-objects.ts'
import { openS3World, type S3World } from '../ground/objects/s3-world.ts'
import { openPurgeWorld } from '../ground/purge/purge-world.ts'
import { runsHere } from '../ground/runs-here.ts'
import { until } from '../ground/until.ts'

const hex = (digit: string, length: number) => digit.repeat(length)

describe.runIf(await runsHere('s3'))('on S3', () => {
  const worlds: S3World[] = []
  afterAll(async () => {
    for (const world of worlds) await world.close()
  })
  async function openBucket() {
    const world = await openS3World(`purge-${worlds.length}`)
    worlds.push(world)
    return world
  }
  erasesObjects(async () => (await openBucket()).open({ keyPrefix: 'here/' }))

  test('[A7] what an upload that a kill ended left of a file goes; others’ uploads go on', async () => {
    const bucket = await openBucket()
    const world = await openPurgeWorld('purge uploads', await bucket.open())
    await world.reserve('shop')
    const [mine, other, notes] = [`incoming/shop/${hex('b', 64)}`, `incoming/branch/${hex('b', 64)}`, 'shop/notes.txt']
    for (const Key of [mine, other, notes])
      await bucket.client.send(new CreateMultipartUploadCommand({ Bucket: bucket.bucket, Key }))
    await until('all to be begun', async () => (await bucket.unfinishedUploads()).length === 3)
    await world.purge('shop')
    expect((await bucket.unfinishedUploads()).toSorted()).toEqual([other, notes])
    await world.close()
  })
})
