// Guarantee: what cannot be decrypted, read or understood becomes an event that keeps it, is acknowledged, and stops nothing behind it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { text, unknownKind } from '../../simulator/accounts/content.ts'
import { node, secondsNow } from '../../simulator/connection/stanza.ts'
import { openConversation } from '../ground/scenarios/conversation.ts'
import { listMessages } from '../ground/scenarios/expect-read-model.ts'
import { onEachSetup } from '../ground/scenarios/setups.ts'
import { type Stage, untilDelivered } from '../ground/scenarios/stage.ts'
import { until } from '../ground/until.ts'

const endpoint = { eventTypes: ['message.*', 'unknown'] }

onEachSetup(setup => {
  test('[B8] a message that cannot be decrypted is told, its good copy takes its place, and nobody waits for either', async () => {
    const stage = await setup.openStage({ endpoint })
    try {
      const { device, receiver, simulator } = stage
      const asked: string[] = []
      simulator.on('client-message', ({ to }) => void asked.push(to))
      const [ana, bia] = [simulator.contact({ pn: '5511900000011' }), simulator.contact({ pn: '5511900000012' })]
      const healed = await device.send(ana, text('whole again'), { corrupt: 'first' })
      const behind = await device.send(bia, text('behind it'))
      await untilDelivered(receiver, [healed, behind])
      // Asking the phone for the message takes seconds, and the other chats do not wait for it.
      expect(asked).toEqual([])
      await until('the good copy', () => typesOf(stage, healed).includes('message.received'))

      const lost = await device.send(ana, text('never'), { corrupt: 'always' })
      const after = await device.send(ana, text('after it'))
      await untilDelivered(receiver, [lost, after])
      await until('the last retry to be given up', () => device.pending().length === 0)
      expect(typesOf(stage, healed)).toEqual(['message.undecryptable', 'message.received'])
      expect(typesOf(stage, behind)).toEqual(['message.received'])
      expect(typesOf(stage, lost)).toEqual(['message.undecryptable'])
      expect(typesOf(stage, after)).toEqual(['message.received'])

      const rows = await until('the good copy in the read model', async () => {
        const all = new Map((await listMessages(stage.zaplog())).map(row => [row.messageId, row]))
        return all.get(healed)?.undecryptable === null && all.has(after) && all
      })
      expect(rows.get(healed)).toMatchObject({ text: 'whole again' })
      expect(rows.get(lost)).toMatchObject({ text: null, undecryptable: expect.stringMatching(/MAC|session/) })
      // Asked for again five times, each time encrypted anew: copies of one record, that say the same.
      const counted = await until('its copies to be dropped', async () => {
        const text = await metricsOf(stage)
        return Number(/^zaplog_events_duplicate_total\{projection="read-model"\} (\d+)$/m.exec(text)?.[1]) >= 5 && text
      })
      expect(counted).not.toMatch(/^zaplog_event_id_conflicts_total\{.*\} [1-9]/m)
    } finally {
      await stage.close()
    }
  })

  test('[B1] [B8] malformed stanzas are unknown events with their bytes, kinds nobody knows messages of unknown kind, and what follows them flows', async () => {
    const stage = await setup.openStage({ endpoint })
    try {
      const { device, receiver } = stage
      const talk = openConversation(stage, { chats: 2 })
      await talk.write(2)
      const [ana] = talk.contacts
      if (ana === undefined) throw new Error('no contact')
      const strange = strangeStanzas(ana.lidJid)
      for (const stanza of strange) device.pushStanza(stanza)
      const future = await device.send(ana, unknownKind('from the future'))
      await talk.write(10)
      // Each chat, and what is of none, goes out for itself: the last of one says nothing of the others.
      const strangeIds = strange.map(({ attrs }) => String(attrs.id))
      await untilDelivered(receiver, [...talk.sent.map(one => one.messageId), ...strangeIds, future])
      await until('WhatsApp to be told of every stanza', () => device.pending().length === 0)

      expect(talk.sent.map(one => typesOf(stage, one.messageId))).toEqual(talk.sent.map(() => ['message.received']))
      expect(typesOf(stage, 'GARBAGE')).toEqual(['message.undecryptable'])
      expect(typesOf(stage, 'EMPTY')).toEqual(['message.undecryptable'])
      for (const id of ['NOBODY', 'STRANGE', 'NOT-PROTOBUF', 'ODD', 'NEW']) expect(typesOf(stage, id), id).toEqual(['unknown'])
      expect(typesOf(stage, future)).toEqual(['message.received'])
      await expectBytesInLog(stage, future)
      expect(await stage.zaplog().call('GET', '/health/ready')).toMatchObject({ status: 200, body: { status: 'ok' } })
    } finally {
      await stage.close()
    }
  })
})

/** No content; from nobody; not a ciphertext; encrypted in a way nobody knows; not protobuf; receipts and notifications of the future. */
function strangeStanzas(from: string): readonly BinaryNode[] {
  const message = (id: string, sender: string, content?: BinaryNode[]) =>
    node('message', { id, from: sender, t: secondsNow(), type: 'text' }, content)
  const enc = (type: string) => node('enc', { v: '2', type }, Buffer.from('not a ciphertext'))
  return [
    message('EMPTY', from),
    message('NOBODY', 'nobody at all', [enc('msg')]),
    message('GARBAGE', from, [enc('msg')]),
    message('STRANGE', from, [enc('xmsg')]),
    message('NOT-PROTOBUF', from, [node('plaintext', {}, Buffer.from([0xff, 0xff, 0xff]))]),
    node('receipt', { id: 'ODD', from, type: 'surprise', t: secondsNow() }),
    node('notification', { id: 'NEW', from, type: 'of-the-future', t: secondsNow() }, [node('news', {}, Buffer.from('x'))]),
  ]
}

async function metricsOf(stage: Stage): Promise<string> {
  const { url, key } = stage.zaplog()
  return (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${key}` } })).text()
}

async function expectBytesInLog({ ground }: Stage, future: string): Promise<void> {
  const its = await ground.openLog()
  try {
    const events = await its.events('events')
    expect(events.filter(event => event.type === 'unknown' && (event.raw?.length ?? 0) === 0)).toEqual([])
    const message = events.find(event => event.messageId === future)
    expect(message).toMatchObject({ type: 'message.received', kind: 'unknown', text: 'from the future' })
    expect(Buffer.from(message?.raw ?? []).includes('from the future')).toBe(true)
  } finally {
    await its.close()
  }
}

/** Of the webhooks about that message, in the order they took effect. */
const typesOf = ({ receiver }: Stage, messageId: string) =>
  receiver.accepted.filter(one => one.body.data.messageId === messageId).map(one => one.body.type)
