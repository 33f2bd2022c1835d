// Which objects a purge erases, on the file system: all of the instance, however they are found, and nobody else's.
import { describe, expect, test } from 'vitest'
import type { EventOf } from '../../src/events/event.ts'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { keysIn } from '../../src/purge/object-shapes.ts'
import { readPurge } from '../../src/purge/queries.ts'
import { erasesObjects } from '../contracts/purged-objects.ts'
import { anEvent } from '../ground/events.ts'
import { openPurgeWorld } from '../ground/purge/purge-world.ts'
import { until } from '../ground/until.ts'

const hex = (digit: string, length = 32) => digit.repeat(length)

describe('on the file system', () => erasesObjects(async () => undefined))

test('[A7] raw bytes of everybody are looked at in batches, and once each: after a restart it goes on where it was', async () => {
  const world = await openPurgeWorld('purge raw bytes')
  await world.reserve('shop')
  const all = Array.from({ length: 1300 }, (_, n) => world.objects.newKey(`raw/${n.toString(16).padStart(32, '0')}`))
  const looked: string[] = []
  const shelf = (failsAfter: number): ObjectStore => ({
    ...world.objects,
    list: async function* (prefix) {
      for (const key of all) if (key.startsWith(prefix)) yield { key, sizeBytes: 1, modifiedAt: 0 }
    },
    head: async key => {
      if (looked.length >= failsAfter) throw new ObjectError('unreachable', 'looking at raw bytes: nobody answers')
      looked.push(key)
      return null
    },
  })
  await world.request('shop')
  const killed = world.start({ objects: shelf(1100) })
  await world.untilWaits('shop', 'looking at raw bytes: nobody answers (unreachable)')
  await killed.close()
  const before = looked.splice(0)
  expect(before).toEqual(all.slice(0, 1100))
  const goingOn = world.start({ objects: shelf(all.length) })
  await until('the purge to be done', async () => (await readPurge(world.database, 'shop'))?.state === 'done')
  expect(looked).toEqual(all.slice(1000))
  await goingOn.close()
  await world.close()
})

test('[A7] a key that an event names counts only where its shape is of that instance and event', () => {
  const stored = (key: string): EventOf<'media.stored'> =>
    anEvent('media.stored', { instanceId: 'shop', key, thumbnailKey: null })
  expect(keysIn(stored(`p/shop/2026/01/05/${hex('a')}.jpg`))).toHaveLength(1)
  for (const key of [
    `p/branch/2026/01/05/${hex('a')}.jpg`,
    'shop/notes.txt',
    `raw/${hex('a')}`,
    `shop/2026/01/05/${hex('a')}.jpg/x`,
  ])
    expect(keysIn(stored(key)), key).toEqual([])
})
