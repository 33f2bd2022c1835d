// Which of WhatsApp's acks is that of a message, and what a refusal is called.
import { expect, test } from 'vitest'
import { createAcks } from '../../src/producers/commands/acks.ts'
import { judgeTry } from '../../src/producers/commands/judge-try.ts'

const never = new AbortController().signal
const times = { retryMs: 60_000, restMs: 600_000 }

test('[F1] a message is acknowledged by the ack of its id from its chat, not by that of a copy for one device or of another chat', async () => {
  const acks = createAcks()
  const heard = (attrs: Record<string, string>) => acks.heard({ tag: 'ack', attrs: { id: 'A', class: 'message', ...attrs } })
  const expected = acks.expect('A', '120363000000000001@g.us')
  heard({ from: '120363000000000001@g.us', participant: '100000000000001:2@lid', t: '1' })
  heard({ from: '100000000000001@lid', t: '2' })
  heard({ t: '3' })
  heard({ from: '120363000000000001@g.us', t: '4' })
  expect(await expected.within(60_000, never)).toEqual({ error: null, saidAt: '4' })
})

const group = '120363000000000001@g.us'

test('[F1] [B2] what tells that WhatsApp has a message is kept though nobody waits for it: its ack that came late or from another address of the same person, a receipt', () => {
  const acks = createAcks()
  const ack = (attrs: Record<string, string>) => acks.heard({ tag: 'ack', attrs: { class: 'message', ...attrs } })
  const list = { tag: 'list', attrs: {}, content: ['D', 'E', 'OTHERS'].map(id => ({ tag: 'item', attrs: { id } })) }
  for (const id of ['A', 'B', 'C', 'D', 'E', 'F']) acks.expect(id, '100@lid').end()
  for (const id of ['G', 'H']) acks.expect(id, group).end()
  acks.expect('I', '5511900000001@s.whatsapp.net')
  ack({ id: 'A', from: '100@lid', t: '7' })
  ack({ id: 'B', from: '100@lid', error: '479' })
  ack({ id: 'G', from: group, participant: '100:2@lid', t: '7' })
  ack({ id: 'H', from: '100@lid', t: '7' })
  ack({ id: 'I', from: '100@lid', t: '8' })
  acks.heard({ tag: 'receipt', attrs: { id: 'C', from: '100@lid' }, content: [list] })
  acks.expect('A', '100@lid')
  expect(['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'OTHERS'].map(acks.heardOf)).toEqual([
    { error: null, saidAt: '7' },
    null,
    ...Array(3).fill({ error: null, saidAt: null }),
    ...Array(3).fill(null),
    { error: null, saidAt: '8' },
    null,
  ])
})

test('[F1] [B2] a receipt of hundreds that others sent pushes out nothing of what this session gave to WhatsApp', () => {
  const acks = createAcks()
  acks.expect('A', '100@lid').end()
  acks.heard({ tag: 'ack', attrs: { class: 'message', id: 'A', from: '100@lid', t: '7' } })
  const content = Array.from({ length: 300 }, (_, nth) => ({ tag: 'item', attrs: { id: `OTHERS${nth}` } }))
  acks.heard({ tag: 'receipt', attrs: { id: 'B', from: group }, content: [{ tag: 'list', attrs: {}, content }] })
  expect(acks.heardOf('A')).toEqual({ error: null, saidAt: '7' })
})

test.each([
  ['479', 'refused', 2],
  ['429', 'rate-limited', 3],
])(
  '[F1] [B2] a refusal (%s) behind a try without an answer leaves open whether the message is there, and says so',
  (error, reason, tries) => {
    const refused = { said: { error, saidAt: null }, to: '100@lid', tries, at: 1 }
    expect(judgeTry({ ...refused, mayHaveIt: false }, times)).toMatchObject({ is: 'over', outcome: { reason, code: error } })
    const verdict = judgeTry({ ...refused, mayHaveIt: true }, times)
    const words = expect.stringMatching(`earlier try.*WhatsApp said ${error}`)
    expect(verdict).toMatchObject({
      ...{ is: 'over', outcome: { reason: 'outcome-unknown', code: error, reasonText: words } },
      refusal: { reason },
    })
  },
)

test.each([
  ['120363000000000001@g.us', 'group'],
  ['100000000000001@lid', 'Nobody'],
])('[F1] what WhatsApp does not know is called what it is: %s', (to, word) => {
  const verdict = judgeTry({ said: { error: '404', saidAt: null }, to, tries: 1, mayHaveIt: false, at: 1 }, times)
  expect(verdict).toMatchObject({
    outcome: { reason: 'not-on-whatsapp', code: '404', reasonText: expect.stringContaining(word) },
  })
})
