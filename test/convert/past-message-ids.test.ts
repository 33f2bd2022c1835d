// A message of the phone’s history is one event, in however many parts of it, under an id that no address and no live copy changes.
import { describe, expect, test } from 'vitest'
import { converterOf, convertInfo, entryOf, infoOf, onlyOf } from '../ground/convert/past.ts'
import { by, historyOf, people } from '../ground/convert/past-group.ts'
import { convertedOf } from '../ground/producers/convert-part.ts'

describe('which message it is', () => {
  const text = { conversation: 'oi' }
  test('[B3] [B6] the same message is the same event in every part, whichever addresses are known by then', () => {
    const key = { remoteJid: people.anaPn }
    const info = infoOf(text, { key })
    const known = { lidOf: (pn: string) => (pn === people.anaPn ? people.ana : null), pnOf: () => null }
    const [first, again] = [
      historyOf(info),
      historyOf({ ...info, starred: true }, { known, syncType: 'full', sourceEventId: 'OTHER' }),
    ]
    expect(first).toMatchObject({ chatId: people.anaPn, senderId: people.anaPn })
    expect(again).toMatchObject({ chatId: people.ana, chatPn: people.anaPn, senderId: people.ana, senderPn: people.anaPn })
    expect(again.eventId).toBe(first.eventId)
  })

  test.each([
    ['of another id', { id: 'N' }],
    ['of the account', { fromMe: true }],
    ['in another chat', { remoteJid: '201@lid' }],
  ])('[B3] [B6] a message %s is another event', (_title, key) => {
    expect(historyOf(infoOf(text, { key })).eventId).not.toBe(historyOf(infoOf(text)).eventId)
  })

  test('[B3] [B6] nobody takes the place of somebody else’s message in a group, and it is no copy of a live one', () => {
    const inGroup = (participant: string) => historyOf(infoOf(text, { key: by(participant, 'M') }))
    expect(inGroup(people.ana).eventId).not.toBe(inGroup(people.bea).eventId)
    expect(inGroup('201:7@lid').eventId).toBe(inGroup(people.bea).eventId)
    expect(historyOf(infoOf(text)).eventId).not.toBe(convertedOf(text)[0]?.eventId)
  })

  test('[B6] a group’s author may stand beside the key; a post is its channel’s; status and lists are what they are live', () => {
    expect(historyOf({ ...infoOf(text, { key: { remoteJid: '1203@g.us' } }), participant: '201:2@lid' }).senderId).toBe(
      people.bea,
    )
    expect(historyOf(infoOf(text, { key: { remoteJid: '5@newsletter' } }))).toMatchObject({
      chatId: '5@newsletter',
      isGroup: false,
    })
    const status = infoOf(text, { key: { remoteJid: 'status@broadcast', participant: people.bea } })
    expect(historyOf(status)).toMatchObject({ chatId: 'status@broadcast', senderId: people.bea })
    const list = infoOf(text, { key: { remoteJid: '99@broadcast', participant: people.bea } })
    expect(historyOf(list)).toMatchObject({ chatId: people.bea, senderId: people.bea })
  })

  test('[B6] a status is message.history, whose chat is status', () => {
    const bytes = entryOf(infoOf(text, { key: { remoteJid: '', participant: people.bea } })).bytes
    const status = onlyOf('message.history', converterOf().convert({ kind: 'status', bytes }, 0))
    expect(status).toMatchObject({ chatId: 'status@broadcast', senderId: people.bea, order: null, ordinal: 0 })
  })
})

describe('ids', () => {
  const long = `${'5'.repeat(14)}:${'1'.repeat(300)}@lid`
  const text = { conversation: 'oi' }
  test.each([
    ['an id', infoOf(text, { key: { id: 'x'.repeat(257) } })],
    ['an id with a NUL', infoOf(text, { key: { id: 'x\0' } })],
    ['a chat', infoOf(text, { key: { remoteJid: long } })],
    ['an author', infoOf(text, { key: { remoteJid: '1203@g.us', participant: long } })],
    ['an author beside the key', { ...infoOf(text, { key: { remoteJid: '1203@g.us' } }), participant: long }],
    [
      'an id of what was edited',
      infoOf({ protocolMessage: { type: 14, key: { id: 'x'.repeat(257) }, editedMessage: { conversation: 'now' } } }),
    ],
  ])('[B6] a message with %s that no table holds is unreadable', (_title, info) => {
    expect(convertInfo(info)).toMatchObject({ drafts: [], secret: null, isUnreadable: true })
  })

  test('[B6] so is one in a conversation without such an id, and one with an id of 256 characters is told', () => {
    expect(converterOf().convert(entryOf(infoOf(text), long), 0)).toMatchObject({ drafts: [], isUnreadable: true })
    expect(historyOf(infoOf(text, { key: { id: 'x'.repeat(256) } })).messageId).toHaveLength(256)
  })
})
