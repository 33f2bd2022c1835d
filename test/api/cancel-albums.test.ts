// What is cancelled goes with all that it is made of, its files too, and takes nothing from others that send them.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anAlbum, begin, cancel, outcomesOf, photo, rowsOf, slugOf, statesOf } from '../ground/api/cancelling.ts'
import { anInstance, ask, type CommandsWorld, claim, hello, openCommandsWorld } from '../ground/api/commands-world.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines(['request.failed'])
let world: CommandsWorld
beforeAll(async () => {
  world = await openCommandsWorld('api-cancel-albums', logger)
})
beforeEach(() => {
  world.parts.append = 'takes'
})
afterAll(() => world.close())

describe('cancelling', () => {
  test('[F1] an album is cancelled with all that it is made of, asked for as a whole, by its marker or with its chat', async () => {
    const bys = [
      async (id: string, { whole }: Awaited<ReturnType<typeof anAlbum>>) => (await cancel(world, id, whole)).json.reason,
      async (id: string, { marker }: Awaited<ReturnType<typeof anAlbum>>) => (await cancel(world, id, marker)).json.reason,
      async (id: string) =>
        (await world.api.call('DELETE', `/v1/instances/${id}/commands?chatId=${hello.chatId}`)).json.cancelled,
    ]
    const said: unknown[] = []
    for (const by of bys) {
      const id = await anInstance(world)
      const album = await anAlbum(world, id)
      said.push(await by(id, album))
      expect(await statesOf(world, id)).toEqual(['failed', 'failed', 'failed', 'failed'])
      const told = (await outcomesOf(world, id)).map(event => 'commandId' in event && event.commandId)
      expect(told.toSorted()).toEqual([album.whole, album.marker, ...album.items].toSorted())
      expect(await world.api.database.query('select state from uploads where instance_id = $1', [id])).toEqual([
        { state: 'failed' },
        { state: 'failed' },
      ])
    }
    expect(said).toEqual(['cancelled', 'cancelled', 4])
  })

  test('[F1] of an album that has begun what is back is cancelled, and its end is left to who says what was sent', async () => {
    const id = await anInstance(world)
    const { whole } = await anAlbum(world, id)
    const [marker] = await claim(world, id)
    expect(await begin(world, id, marker?.command_id ?? '')).toBe(true)
    expect(slugOf(await cancel(world, id, whole))).toEqual([409, 'being-sent'])
    expect(slugOf(await cancel(world, id, whole))).toEqual([409, 'being-sent'])
    expect(await statesOf(world, id)).toEqual(['sending', 'failed', 'failed', 'accepted'])
    const another = await anInstance(world)
    const { items } = await anAlbum(world, another)
    expect((await cancel(world, another, items[1])).json).toMatchObject({ reason: 'cancelled' })
    expect(await statesOf(world, another)).toEqual(['accepted', 'accepted', 'failed', 'accepted'])
  })

  test('[F1] an album whose parts are not known yet is 409, and not said to be cancelled', async () => {
    const id = await anInstance(world)
    world.parts.append = 'refuses'
    await ask(world, id, { key: 'k1', body: { chatId: hello.chatId, kind: 'album', items: [photo('um'), photo('dois')] } })
    world.parts.append = 'takes'
    const [row] = await rowsOf(world, id)
    expect(slugOf(await cancel(world, id, row?.command_id))).toEqual([409, 'being-sent'])
    expect((await world.api.call('DELETE', `/v1/instances/${id}/commands`)).json).toEqual({ cancelled: 0 })
    expect(await statesOf(world, id)).toEqual(['asked'])
  })

  test('[F1] a file that another command sends as well is left to it, and a store that is away is no answer', async () => {
    const id = await anInstance(world)
    const chat = (chatId: string) => ({ chatId, kind: 'image' })
    const { json } = await ask(world, id, { body: { ...chat(hello.chatId), media: photo('um').media } })
    const uploads = () =>
      world.api.database.query<{ upload_id: string; state: string }>(
        'select upload_id, state from uploads where instance_id = $1',
        [id],
      )
    const [upload] = await uploads()
    const other = await ask(world, id, { body: { ...chat('5511900000012'), media: { uploadId: upload?.upload_id } } })
    expect(other.status).toBe(202)
    expect((await cancel(world, id, json.commandId)).status).toBe(200)
    expect(await uploads()).toMatchObject([{ state: 'processing' }])
    world.parts.isStoreAway = true
    expect((await cancel(world, id, other.json.commandId)).status).toBe(200)
    world.parts.isStoreAway = false
    expect(await uploads()).toMatchObject([{ state: 'failed' }])
  })

  test('[F1] the file that zaplog brings for it is brought no further', async () => {
    const id = await anInstance(world)
    const media = { url: 'https://example.com/foto.jpg', mimetype: 'image/jpeg' }
    const { json } = await ask(world, id, { body: { chatId: hello.chatId, kind: 'image', media } })
    expect((await cancel(world, id, json.commandId)).status).toBe(200)
    const uploads = await world.api.database.query('select state, reason from uploads where instance_id = $1', [id])
    expect(uploads).toEqual([{ state: 'failed', reason: 'given-up' }])
  })
})
