// A file that a message names is an upload of this account by the time that it is taken, or is refused.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type KeptBody, parseKeptBody, uploadIn } from '../../src/events/command-bodies.ts'
import { failUpload, findUpload } from '../../src/instances/uploads.ts'
import { type BodiesRig, beginAnew, complete, happened, openBodiesRig, refusalOf, theirs } from '../ground/api/complete-bodies.ts'
import { anEvent } from '../ground/events.ts'

let rig: BodiesRig
beforeAll(async () => {
  rig = await openBodiesRig('complete body files')
})
afterAll(() => rig.dsl.close())
beforeEach(() => beginAnew(rig))

describe('files', () => {
  const image = (media: object) => ({ kind: 'image', media })
  const url = 'https://example.com/foto.jpg?token=secret'
  const uploadOf = async (body: KeptBody) => {
    const uploadId = uploadIn(body)?.uploadId ?? ''
    return { uploadId, row: await findUpload(rig.dsl.test.database, 'shop', uploadId) }
  }
  const requested = () =>
    rig.dsl.test.database
      .query<{ n: number }>("select count(*)::int as n from api_outbox where topic = 'events'")
      .then(([row]) => row?.n)

  test('[F1] [C13] at a URL are an upload, which is told and whose place the message does not keep', async () => {
    const before = (await requested()) ?? 0
    const body = await complete(rig, image({ url, mimetype: 'image/jpeg', fileName: 'foto.jpg' }), '5511900000050')
    const { uploadId, row } = await uploadOf(body)
    expect(body).toMatchObject({ chatId: '5511900000050@s.whatsapp.net', kind: 'image', media: { uploadId } })
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(row).toMatchObject({ state: 'processing', from: 'url', kind: 'image', mimetype: 'image/jpeg', fileName: 'foto.jpg' })
    expect(JSON.stringify(row)).not.toContain('secret')
    expect(await complete(rig, image({ url, mimetype: 'image/jpeg', fileName: 'foto.jpg' }), '5511900000050')).toEqual(body)
    expect(await requested()).toBe(before + 1)
  })

  test('[F1] [C13] two files that are asked for with one key at the same time are two uploads: none takes the place of the other', async () => {
    const [one, two] = await Promise.all(
      ['a', 'b'].map(name => complete(rig, image({ url: `https://example.com/${name}.jpg` }), '5511900000054')),
    )
    expect(uploadIn(one as KeptBody)?.uploadId).not.toBe(uploadIn(two as KeptBody)?.uploadId)
  })

  test.each([
    ['http', 'http://example.com/foto.jpg'],
    ['credentials', 'https://ana:secret@example.com/foto.jpg'],
    ['this machine', 'https://127.0.0.1/foto.jpg'],
    ['this machine by its name', 'https://localhost/foto.jpg'],
    ['an address inside', 'https://[fd00::1]/foto.jpg'],
    ['an address inside in other words', 'https://0x0a000001/foto.jpg'],
    ['a metadata service', 'https://169.254.169.254/latest'],
  ])('[F1] [I3] at a URL that is never fetched are refused at once: %s', async (_what, url) => {
    const refusal = await refusalOf(rig, image({ url }))
    expect(refusal).toMatchObject({ status: 422, pointer: '/media/url', expected: expect.any(String) })
    expect(JSON.stringify(refusal)).not.toContain('secret')
  })

  test('[F1] [C13] [I3] of a type that their kind has not are refused before they are brought', async () => {
    expect(await refusalOf(rig, image({ url, mimetype: 'application/pdf' }))).toMatchObject({
      ...{ status: 422, pointer: '/media/mimetype', received: 'application/pdf' },
      expected: expect.stringContaining('image/jpeg'),
    })
  })

  test('[F1] [C13] [I3] that were uploaded are of this instance, of the same kind, and did not fail', async () => {
    const { uploadId } = await uploadOf(await complete(rig, image({ url }), '5511900000051'))
    expect(await complete(rig, image({ uploadId }))).toMatchObject({ media: { uploadId } })
    expect(await refusalOf(rig, { kind: 'sticker', media: { uploadId } })).toEqual({
      ...{ status: 422, pointer: '/media/uploadId', expected: 'an upload of kind sticker', received: 'one of kind image' },
    })
    expect(await refusalOf(rig, image({ uploadId: 'nothing' }))).toMatchObject({
      expected: 'the id of an upload of this instance',
    })
    await rig.dsl.test.database.query("update uploads set instance_id = 'other' where upload_id = $1", [uploadId])
    expect(await refusalOf(rig, image({ uploadId }))).toMatchObject({ expected: 'the id of an upload of this instance' })
    await rig.dsl.test.database.query("update uploads set instance_id = 'shop' where upload_id = $1", [uploadId])
    const why = { reason: 'type-mismatch', reasonText: 'It is no image' }
    await failUpload(rig.dsl.test.database, { uploadId, states: ['processing'], ...why })
    expect(await refusalOf(rig, image({ uploadId }))).toMatchObject({ received: 'one that did: It is no image' })
  })

  test('[F1] [I3] in the store are what this instance has stored, and nothing else that is there', async () => {
    const photo = theirs({ kind: 'image', text: 'olha' })
    const key = `shop/2026/01/05/${photo.eventId}.jpg`
    const stored = anEvent('media.stored', { sourceEventId: photo.eventId, kind: 'image', key, mimetype: 'image/jpeg' })
    await happened(rig, photo, stored)
    const { row } = await uploadOf(await complete(rig, image({ objectKey: key }), '5511900000052'))
    expect(row).toMatchObject({ state: 'processing', from: 'object', kind: 'image', mimetype: 'image/jpeg' })
    for (const objectKey of [`${key}_thumb.jpg`, key.replace('.jpg', '.png'), key.replace('shop', 'other'), 'raw/x', '../secret'])
      expect(await refusalOf(rig, image({ objectKey }))).toMatchObject({
        ...{ status: 422, pointer: '/media/objectKey', expected: 'the key of media that this instance has stored' },
      })
  })

  test('[F1] are forwarded as they were stored, with their caption; what is not stored is refused', async () => {
    const [photo, missing] = [
      theirs({ kind: 'image', text: 'olha' }),
      theirs({ messageId: 'MISSING', kind: 'video', text: null }),
    ]
    const key = `shop/2026/01/05/${photo.eventId}.jpg`
    await happened(rig, photo, missing, anEvent('media.stored', { sourceEventId: photo.eventId, kind: 'image', key }))
    const body = await complete(rig, { kind: 'forward', messageId: 'THEIRS' }, '5511900000053')
    const { uploadId, row } = await uploadOf(body)
    expect(body.known?.forwarded).toMatchObject({ content: { kind: 'image', uploadId, caption: 'olha' }, times: 1 })
    expect(row).toMatchObject({ from: 'object', kind: 'image' })
    expect(parseKeptBody(JSON.parse(JSON.stringify(body)))).toEqual(body)
    expect(await refusalOf(rig, { kind: 'forward', messageId: 'MISSING' })).toMatchObject({
      ...{ status: 422, pointer: '/messageId', expected: 'a message whose file zaplog has stored' },
    })
  })
})
