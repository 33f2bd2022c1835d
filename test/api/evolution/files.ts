// Files of Evolution API's calls: by URL the message that our own call asks for, in base64 an upload first.
import { describe, expect, test } from 'vitest'
import { acceptedAs } from '../../ground/api/accepted-as.ts'
import { type EvolutionRig, group, number } from '../../ground/api/evolution-rig.ts'
import { appendEvents } from '../../ground/api/project-events.ts'
import { anEvent } from '../../ground/events.ts'

export const files = (rig: EvolutionRig) =>
  describe('files', () => {
    const { call, send } = rig
    const to = { chatId: '5511900000011@s.whatsapp.net' }
    const url = 'https://files.example.com/a'
    const bytes = Buffer.from('%PDF-1.7 an order')
    test.each<[string, string, object, object]>([
      [
        'an image by its URL',
        'sendMedia',
        { number, mediatype: 'image', mimetype: 'image/png', caption: 'Ola', media: url, fileName: 'a.png' },
        { ...to, kind: 'image', caption: 'Ola', media: { url, mimetype: 'image/png', fileName: 'a.png' } },
      ],
      [
        'a document by its URL',
        'sendMedia',
        { number, mediatype: 'document', media: url, fileName: 'a.pdf', caption: '' },
        { ...to, kind: 'document', fileName: 'a.pdf', media: { url, fileName: 'a.pdf' } },
      ],
      ['a voice note', 'sendWhatsAppAudio', { number, audio: url }, { ...to, kind: 'voice', media: { url } }],
      ['a round video', 'sendPtv', { number, video: url }, { ...to, kind: 'ptv', media: { url } }],
      ['a sticker', 'sendSticker', { number, sticker: url }, { ...to, kind: 'sticker', media: { url } }],
      [
        'a text as a status',
        'sendStatus',
        { type: 'text', content: 'Aberto!', backgroundColor: '#008000', font: 1, statusJidList: [number] },
        {
          ...{ chatId: 'status', kind: 'text', text: 'Aberto!', backgroundColor: '#008000', font: 'system-text' },
          audience: { chatIds: [number] },
        },
      ],
      [
        'a picture as a status for all',
        'sendStatus',
        { type: 'image', content: url, caption: 'Ola', allContacts: true, statusJidList: [] },
        { chatId: 'status', kind: 'image', caption: 'Ola', media: { url }, audience: { contacts: 'known' } },
      ],
      [
        'a voice note as a status',
        'sendStatus',
        { type: 'audio', content: url, statusJidList: [number], font: 4 },
        { chatId: 'status', kind: 'voice', media: { url }, audience: { chatIds: [number] } },
      ],
    ])('[F4] %s is the message that our own call asks for', async (_, path, said, asked) => {
      const headers = { 'idempotency-key': encodeURIComponent(JSON.stringify(said)).slice(-200) }
      const { status, json } = await send(path, said, headers)
      const ours = await rig.api.call('POST', '/v1/instances/shop/messages', { body: asked, headers })
      expect([status, json.status, ours.status, ours.json.messageId]).toEqual([
        201,
        'PENDING',
        202,
        (json.key as { id: string }).id,
      ])
    })

    test('[F4] [C13] one in base64 is an upload first, the same under the same key, with or without its type before it', async () => {
      const base64 = bytes.toString('base64')
      const said = { number, mediatype: 'document', fileName: 'order.pdf' }
      const headers = { 'idempotency-key': 'file 1' }
      const first = await send('sendMedia', { ...said, media: base64, mimetype: 'application/pdf' }, headers)
      expect(first.status).toBe(201)
      const accepted = (await acceptedAs(rig.api, (first.json.key as { id: string }).id)) as { media: { uploadId: string } }
      const upload = (await rig.api.call('GET', `/v1/uploads/${accepted.media.uploadId}`)).json
      expect(upload).toMatchObject({
        kind: 'document',
        fileName: 'order.pdf',
        mimetype: 'application/pdf',
        sizeBytes: bytes.length,
      })
      expect(upload.state).not.toBe('pending')
      const again = await send('sendMedia', { ...said, media: `data:application/pdf;base64,${base64}` }, headers)
      expect(again.json.key).toEqual(first.json.key)
      const other = await send('sendMedia', { ...said, media: Buffer.from('%PDF-1.7 other').toString('base64') }, headers)
      expect(other.status).toBe(409)
    })

    test.each<[string, string, object, string]>([
      [
        'what is neither',
        'sendMedia',
        { number, mediatype: 'image', media: 'not a file' },
        'media: expected an http or https URL, or a file',
      ],
      ['another kind', 'sendMedia', { number, mediatype: 'album', media: url }, 'mediatype: expected one of image'],
      ['a status for nobody', 'sendStatus', { type: 'text', content: 'oi' }, 'statusJidList: expected who sees it'],
      [
        'a status without its file',
        'sendStatus',
        { type: 'image', content: 'oi!', allContacts: true },
        'content: expected an http',
      ],
      [
        'a status for a group',
        'sendStatus',
        { type: 'text', content: 'oi', statusJidList: [group] },
        'statusJidList.0: expected a phone',
      ],
      [
        'a name longer than any event has room for',
        'sendMedia',
        { number, mediatype: 'document', media: 'aGk=', fileName: 'a'.repeat(3_000_000) },
        'fileName: expected at most',
      ],
      [
        'a type longer than any event has room for',
        'sendMedia',
        { number, mediatype: 'image', media: `data:image/png${'a'.repeat(3_000_000)};base64,aGk=` },
        'mimetype: expected',
      ],
      ['no recipient', 'sendSticker', { number: 'Ana', sticker: 'data:image/webp;base64,aGk=' }, 'number: expected a phone'],
      [
        'a mention of nobody',
        'sendMedia',
        { number: group, mediatype: 'image', media: 'aGk=', mentioned: ['Ana'] },
        'mentioned.0: expected',
      ],
      [
        'a list in place of a file',
        'sendMedia',
        { number, mediatype: 'image', media: Array(250_000).fill([]) },
        'expected at most 200000',
      ],
      ['a list in place of a body', 'sendMedia', Array(250_000).fill([]), 'expected at most 200000 values'],
      [
        'a sticker of another type',
        'sendSticker',
        { number, sticker: 'data:image/gif;base64,R0lGODlh' },
        'image/webp for sticker',
      ],
    ])('[F4] %s is refused in the words of its fields, and no file is taken', async (_, path, body, words) => {
      const taken = async () => (await rig.api.call('GET', '/v1/instances/shop/uploads?limit=1')).json.data
      const before = await taken()
      const { status, json } = await send(path, body)
      expect([status, json.response]).toEqual([400, { message: [expect.stringContaining(words)] }])
      expect(await taken()).toEqual(before)
    })

    test('[F4] [C13] what a type says beside itself is not what its bytes are stored as', async () => {
      const mimetype = 'application/pdf; name=relatório.pdf'
      const said = { number, mediatype: 'document', fileName: 'a.pdf', mimetype, media: bytes.toString('base64') }
      expect((await send('sendMedia', said)).status).toBe(201)
    })

    test('[F4] [C13] of an account that is logged out no file is taken, nor of a message that is not sent', async () => {
      await call('POST', 'instance/create', { instanceName: 'out' })
      const media = bytes.toString('base64')
      const said = { mediatype: 'document', fileName: 'a.pdf', media }
      expect((await call('POST', 'message/sendMedia/out', { ...said, number: 'Ana' })).status).toBe(400)
      const state = { instanceId: 'out', state: 'logged-out', reason: null, reasonText: null }
      const position = await appendEvents(rig.api, [anEvent('instance.state-changed', state)])
      await rig.api.call('GET', `/v1/instances/out?waitFor=${position}`)
      expect((await call('POST', 'message/sendMedia/out', { ...said, number })).status).toBe(409)
      expect((await rig.api.call('GET', '/v1/instances/out/uploads')).json.data).toEqual([])
    })
  })
