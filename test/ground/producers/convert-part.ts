// One part of a message stanza, through the conversion as the gate calls it.
import { proto } from '@whiskeysockets/baileys'
import type { MessageOrigin } from '../../../src/convert/authority.ts'
import { convertMessage } from '../../../src/convert/convert-message.ts'
import type { Draft } from '../../../src/convert/draft.ts'
import { readStanza } from '../../../src/convert/stanza-identity.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const direct = { id: 'M', from: '200@lid', notify: 'Ana', t: '1700000000' }
const receivedAt = 1_700_000_005_000

type Attrs = Readonly<Record<string, string>>

export const bytesOf = (message: proto.IMessage): Uint8Array => proto.Message.encode(message).finish()

const stanzaOf = (attrs: Attrs) => readStanza({ tag: 'message', attrs: { ...direct, ...attrs } }, { instanceId: 'first', own })

export function convertBytes(plain: Uint8Array, attrs: Attrs = {}): readonly Draft[] {
  const plaintext = Buffer.concat([plain, Buffer.of(3, 3, 3)])
  return convertMessage({
    stanza: stanzaOf(attrs),
    part: 0,
    plaintext,
    isPadded: true,
    receivedAt,
    aliases: [],
    ownId: own.lid,
    ignores: () => false,
  })
}

export const convertedOf = (message: proto.IMessage, attrs: Attrs = {}): readonly Draft[] => convertBytes(bytesOf(message), attrs)

export const originOf = (message: proto.IMessage, attrs: Attrs = {}): MessageOrigin => ({
  stanza: stanzaOf(attrs),
  ordinal: { part: 0, index: 0 },
  raw: bytesOf(message),
  receivedAt,
  aliases: [],
  ownId: own.lid,
})
