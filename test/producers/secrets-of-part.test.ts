// Under which addresses a secret is kept and looked for: stanzas of one chat name the LID alone, the phone number alone, or both.
import { proto } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { readMessage } from '../../src/convert/read-message.ts'
import type { BroughtSecret } from '../../src/convert/sealed/message-secret.ts'
import { type Address, readStanza } from '../../src/convert/stanza-identity.ts'
import { createSecretsOfPart } from '../../src/producers/secrets/secrets-of-part.ts'

const own = { pn: '5511900000001@s.whatsapp.net', lid: '100@lid' }
const ana = { id: '200@lid', pn: '5511900000011@s.whatsapp.net' }
const group = '1203@g.us'

/** `pairs`: what the instance knows. */
function open({ pairs = [], ignored = [] }: { pairs?: readonly Address[]; ignored?: readonly (string | null)[] } = {}) {
  const kept: BroughtSecret[] = []
  const asked: object[] = []
  const ofPart = createSecretsOfPart({
    secrets: {
      keep: async secrets => void kept.push(...secrets),
      kept: async () => undefined,
      find: async of => {
        asked.push(of)
        return []
      },
    },
    known: { complete: async address => pairs.find(({ id, pn }) => [id, pn].includes(address.id)) ?? address },
    ignores: chat => ignored.includes(chat),
  })
  return { ...ofPart, kept, asked }
}

function read(message: proto.IMessage, attrs: Record<string, string>) {
  const stanza = readStanza({ tag: 'message', attrs: { id: 'M', t: '1700000000', ...attrs } }, { instanceId: 'first', own })
  const plaintext = proto.Message.encode(message).finish()
  return readMessage({ stanza, part: 0, plaintext, isPadded: false, receivedAt: 1_700_000_001_000, aliases: [], ownId: null })
}
const written = { conversation: 'x', messageContextInfo: { messageSecret: Buffer.alloc(32, 1) } }
const box = { encPayload: Buffer.alloc(40), encIv: Buffer.alloc(12) }
const voted = { pollUpdateMessage: { pollCreationMessageKey: { id: 'POLL' }, vote: box } }
const [byPn, byLid] = [{ from: ana.pn }, { from: ana.id }]

test('[B4] [B9] a secret is kept under the LID where the instance knows it, whichever the stanza names', async () => {
  for (const attrs of [byPn, byLid, { ...byLid, sender_pn: ana.pn }]) {
    const { keep, kept } = open({ pairs: [ana] })
    await (await keep(read(written, attrs))).durable
    expect(kept).toMatchObject([{ messageId: 'M', chat: ana, author: ana }])
  }
})

test('[B4] [B9] it is looked for under both addresses, for it may have been kept before the pair was known', async () => {
  for (const attrs of [byPn, byLid]) {
    const { knownFor, asked } = open({ pairs: [ana] })
    await knownFor(read(voted, attrs))
    expect(asked).toEqual([{ chats: [ana.id, ana.pn], messageId: 'POLL' }])
  }
  const { knownFor, asked } = open()
  await knownFor(read(voted, byLid))
  await knownFor(read(voted, { from: group, participant: ana.id }))
  expect(asked).toMatchObject([{ chats: [ana.id] }, { chats: [group] }])
})

test('[B9] what comes through a broadcast list belongs to the chat of its sender', async () => {
  const { keep, kept } = open({ pairs: [ana] })
  await keep(read(written, { from: '1781870949@broadcast', participant: ana.id }))
  expect(kept).toMatchObject([{ chat: ana }])
})

test('[B9] of a chat that is ignored no secret is kept, and what is not sealed asks for none', async () => {
  const { keep, knownFor, kept, asked } = open({ ignored: [group] })
  const inGroup = read(written, { from: group, participant: ana.id })
  await keep(inGroup)
  await knownFor(inGroup)
  expect([kept, asked]).toEqual([[], []])
})
