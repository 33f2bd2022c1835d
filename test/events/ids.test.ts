import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { derivedId, requestId, type StanzaIdentity, sourceId, stateId } from '../../src/events/ids.ts'

const stanza: StanzaIdentity = {
  instanceId: 'shop',
  stanzaClass: 'message',
  stanzaId: '3EB0A1',
  fromMe: false,
  chat: '200000000000001@lid',
  sender: '200000000000001@lid',
}
const first = { part: 0, index: 0 }

describe('event ids', () => {
  test('[B3] are 32 lower-case hex digits and the same for the same stanza', () => {
    expect(sourceId(stanza, 'message.received', first)).toMatch(/^[0-9a-f]{32}$/)
    expect(sourceId({ ...stanza }, 'message.received', { ...first })).toBe(sourceId(stanza, 'message.received', first))
  })

  test('[B3] differ for another sender, so that a stranger cannot suppress a message by reusing its id', () => {
    expect(sourceId({ ...stanza, sender: '200000000000002@lid' }, 'message.received', first)).not.toBe(
      sourceId(stanza, 'message.received', first),
    )
  })

  test('[B3] differ when any single part differs', () => {
    const other: Partial<StanzaIdentity>[] = [
      { instanceId: 'shop2' },
      { stanzaClass: 'receipt' },
      { stanzaId: '3EB0A2' },
      { fromMe: true },
      { chat: '200000000000009@lid' },
      { receipt: { type: 'read', messageIds: [] } },
      { receipt: { type: 'read', messageIds: ['A'] } },
      { receipt: { type: 'played', messageIds: ['A'] } },
    ]
    const ids = [{}, ...other].map(change => sourceId({ ...stanza, ...change }, 'message.received', first))
    const ordinals = [
      { part: 1, index: 0 },
      { part: 0, index: 1 },
    ].map(ordinal => sourceId(stanza, 'message.received', ordinal))
    const all = [...ids, ...ordinals, sourceId(stanza, 'contact.updated', first)]
    expect(new Set(all).size).toBe(all.length)
  })

  test('[B3] keep neighbouring parts apart whatever they contain', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), fc.string(), (chat, sender, otherChat, otherSender) => {
        fc.pre(chat !== otherChat || sender !== otherSender)
        const one = sourceId({ ...stanza, chat, sender }, 'message.received', first)
        const two = sourceId({ ...stanza, chat: otherChat, sender: otherSender }, 'message.received', first)
        expect(one).not.toBe(two)
      }),
      { seed: 1, numRuns: 200 },
    )
  })

  test('[B3] of derived events differ by round, so that a success after a failure has an id of its own', () => {
    const of = {
      sourceId: sourceId(stanza, 'message.received', first),
      by: 'download-media',
      type: 'media.downloaded',
      round: 1,
      ordinal: 0,
    }
    expect(derivedId(of)).toBe(derivedId({ ...of }))
    expect(
      new Set([
        derivedId(of),
        derivedId({ ...of, round: 2 }),
        derivedId({ ...of, by: 'store-media' }),
        derivedId({ ...of, ordinal: 1 }),
      ]).size,
    ).toBe(4)
  })

  test('[B3] of socket state follow epoch and sequence', () => {
    const of = { instanceId: 'shop', type: 'contact.updated', epoch: 7, sequence: 1 }
    expect(new Set([stateId(of), stateId({ ...of, epoch: 8 }), stateId({ ...of, sequence: 2 })]).size).toBe(3)
  })

  test('[B3] of events that no socket owner writes are fixed by the request', () => {
    const of = { instanceId: 'shop', type: 'instance.created', requestId: 'r1' }
    expect(requestId(of)).toBe(requestId({ ...of }))
    expect(requestId({ ...of, requestId: 'r2' })).not.toBe(requestId(of))
  })

  test('[B3] of the four families never meet', () => {
    const parts = { instanceId: 'a', type: 'b', requestId: '1', epoch: 1, sequence: 1 }
    expect(requestId(parts)).not.toBe(stateId(parts))
  })
})
