// Every field of WhatsApp's Message has its role, and its number is the one that Baileys writes.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { messageFieldNumbers } from '../../src/convert/generated/message-field-numbers.ts'
import { wrappers } from '../../src/convert/message-fields.ts'
import { convertBytes, convertedOf } from '../ground/producers/convert-part.ts'
import { lengthDelimited } from '../ground/producers/wire.ts'

const changes = ['protocolMessage', 'reactionMessage', 'pinInChatMessage']
const sealed = [
  ...['pollUpdateMessage', 'encReactionMessage', 'encCommentMessage', 'encEventResponseMessage'],
  'secretEncryptedMessage',
]
const carriers = ['senderKeyDistributionMessage', 'fastRatchetKeySenderKeyDistributionMessage', 'messageContextInfo']
const notOurs = ['placeholderMessage', 'messageHistoryBundle', 'stickerSyncRmrMessage', 'chat']
const kinds = messageFieldNumbers.filter(
  ([name]) => ![...wrappers, ...changes, ...sealed, ...carriers, ...notOurs].includes(name),
)

const withField = (name: string): proto.IMessage => ({ [name]: name === 'conversation' ? '' : {} })

test.each(messageFieldNumbers)('[B1] %s has the number %i on the wire', (name, number) => {
  const bytes = proto.Message.encode(withField(name)).finish()
  expect(Buffer.from(bytes)).toEqual(lengthDelimited(number, Buffer.of()))
})

test('[B1] the table has every field of the protobuf that Baileys decodes', () => {
  const decoded = Object.keys(proto.Message.prototype).filter(name => !['constructor', 'toJSON'].includes(name))
  expect(messageFieldNumbers.map(([name]) => name).toSorted()).toEqual(decoded.toSorted())
})

test.each(kinds)('[B1] %s is a message, also where nothing is in it', name => {
  expect(convertedOf(withField(name))).toMatchObject([{ type: 'message.received', kind: expect.any(String) }])
})

test.each(wrappers)('[B1] %s is taken off, however often', name => {
  const wrap = (message: proto.IMessage): proto.IMessage => ({ [name]: { message } })
  const inside = { type: 'message.received', kind: 'text', text: 'hi' }
  expect(convertedOf(wrap({ conversation: 'hi' }))).toMatchObject([inside])
  expect(convertedOf(wrap(wrap(wrap({ conversation: 'hi' }))))).toMatchObject([inside])
})

const named = [...changes, ...sealed, ...notOurs, ...wrappers.filter(name => name !== 'deviceSentMessage')]

test.each(named)('[B1] %s with nothing in it is unknown by its name', name => {
  expect(convertedOf(withField(name))).toMatchObject([{ type: 'unknown', name: expect.stringContaining(`message: ${name}`) }])
})

test.each(messageFieldNumbers.filter(([name]) => [...carriers, 'deviceSentMessage'].includes(name)))(
  '[B1] %s alone is no event',
  (_name, number) => {
    expect(convertBytes(lengthDelimited(number, Buffer.of()))).toEqual([])
  },
)
