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

test.each([
  ['120363000000000001@g.us', 'group'],
  ['100000000000001@lid', 'Nobody'],
])('[F1] what WhatsApp does not know is called what it is: %s', (to, word) => {
  const verdict = judgeTry({ said: { error: '404', saidAt: null }, to, tries: 1, at: 1 }, times)
  expect(verdict).toMatchObject({
    outcome: { reason: 'not-on-whatsapp', code: '404', reasonText: expect.stringContaining(word) },
  })
})
