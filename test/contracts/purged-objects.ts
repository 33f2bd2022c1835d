// Which objects a purge erases, on any store: all of the instance, however they are found, and nobody else's.
import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { ObjectError, type ObjectStore } from '../../src/objects/objects.ts'
import { readPurge } from '../../src/purge/queries.ts'
import { anEvent } from '../ground/events.ts'
import { never, openPurgeWorld, type PurgeWorld } from '../ground/purge/purge-world.ts'

const hex = (digit: string, length = 32) => digit.repeat(length)

async function put(objects: ObjectStore, key: string, instanceId = 'somebody') {
  async function* body() {
    yield Buffer.from(key)
  }
  await objects.put({ key, body: body(), contentType: 'text/plain', metadata: { instance_id: instanceId } }, never)
}
const keysOf = async (objects: ObjectStore) => (await Array.fromAsync(objects.list('', never))).map(one => one.key)

/** `open` answers undefined for the store that a world has by itself. */
export function erasesObjects(open: () => Promise<ObjectStore | undefined>) {
  async function openWorld(): Promise<PurgeWorld> {
    const world = await openPurgeWorld('purge objects', await open())
    for (const id of ['shop', 'incoming', '2026']) await world.reserve(id)
    return world
  }

  test('[A7] files, thumbnails, incoming ones and raw bytes go, also those that no event tells of; what is somebody else’s stays', async () => {
    const world = await openWorld()
    const { objects } = world
    const mine = [
      `shop/2026/01/05/${hex('a')}.jpg`,
      `shop/2026/01/05/${hex('a')}.jpg_thumb.jpg`,
      `incoming/shop/${hex('b', 64)}`,
      `incoming/shop/first/${hex('c')}`,
      `incoming/shop/history/${hex('c')}`,
      `incoming/shop/uploads/${hex('c', 64)}`,
      `incoming/shop/uploads/${hex('c', 64)}-ready-${randomUUID()}`,
      `raw/${hex('d')}`,
    ].map(objects.newKey)
    const others = [
      `shop2/2026/01/05/${hex('a')}.jpg`,
      `incoming/2026/01/05/${hex('a')}.jpg`, // of an instance that is called incoming
      `incoming/2026/${hex('b', 64)}`, // of an instance that is called 2026
      `incoming/history/${hex('b', 64)}`, // of one that is called history
      `incoming/uploads/${hex('b', 64)}`, // of one that is called uploads
      `raw/${hex('e')}`,
      'shop/notes.txt', // an operator's own
    ].map(objects.newKey)
    for (const key of mine) await put(objects, key, 'shop')
    for (const key of others) await put(objects, key)
    await world.purge('shop')
    expect(await keysOf(objects)).toEqual([...others].sort())

    await world.purge('incoming')
    expect(await keysOf(objects)).toEqual([...others].sort().filter(key => !key.includes('incoming/2026/01')))
    await world.close()
  })

  test('[A7] what was put under another prefix goes by its rows and by the log; nobody’s key is believed that is not the instance’s', async () => {
    const world = await openWorld()
    const { objects, database } = world
    const message = anEvent('message.received', { instanceId: 'shop', rawObject: { key: '', sizeBytes: 1, sha256: 'x' } })
    const stored = anEvent('media.stored', { instanceId: 'shop', sourceEventId: message.eventId })
    const old = anEvent('message.history', { instanceId: 'shop' })
    const mine = {
      old: `before/raw/${old.eventId}`,
      row: `before/incoming/shop/${hex('b', 64)}`,
      raw: `before/raw/${message.eventId}`,
      file: `before/shop/2026/01/05/${message.eventId}.jpg`,
      thumbnail: `before/shop/2026/01/05/${message.eventId}.jpg_thumb.jpg`,
    }
    const other = `before/branch/2026/01/05/${hex('a')}.jpg`
    for (const key of [...Object.values(mine), other]) await put(objects, key)
    await database.query(`insert into incoming_objects (key, instance_id) values ($1, 'shop')`, [mine.row])
    await world.append(
      { ...message, rawObject: { key: mine.raw, sizeBytes: 1, sha256: 'x' } },
      { ...old, rawObject: { key: mine.old, sizeBytes: 1, sha256: 'x' } },
      { ...stored, key: mine.file, thumbnailKey: mine.thumbnail },
      { ...stored, eventId: hex('9'), key: other, thumbnailKey: null },
    )
    await world.purge('shop')
    expect(await keysOf(objects)).toEqual([other])
    expect(await database.query('select from incoming_objects')).toEqual([])
    await world.close()
  })

  test('[A7] a store that is away is waited for and said; the other steps are not lost', async () => {
    const world = await openWorld()
    await put(world.objects, world.objects.newKey(`shop/2026/01/05/${hex('a')}.jpg`))
    const away: ObjectStore = {
      ...world.objects,
      delete: () => Promise.reject(new ObjectError('unreachable', 'deleting: nobody answers')),
    }
    await world.request('shop')
    const purges = world.start({ objects: away })
    await world.untilWaits('shop', 'deleting: nobody answers (unreachable)')
    expect(purges.checks()).toMatchObject([{ name: 'purges', state: 'degraded' }])
    await purges.close()
    expect(await readPurge(world.database, 'shop')).toMatchObject({ state: 'running', step: { name: 'objects listed' } })
    await world.untilPurged('shop')
    expect(await keysOf(world.objects)).toEqual([])
    await world.close()
  })
}
