// The calls of /sim/v1 for what the client sent: what came, and what phones show of it.
import { proto } from '@whiskeysockets/baileys'
import { type ControlCall, reads } from './call.ts'

export const sentCalls: readonly ControlCall[] = [
  reads(
    {
      path: '/sim/v1/devices/:pn/stanzas',
      about: 'Every message that the client sent, by id, with how often it came, whatever became of it.',
    },
    ({ device }) => ({ data: device().stanzasSent() }),
  ),
  reads(
    {
      path: '/sim/v1/devices/:pn/shown',
      about:
        'What phones show of what the client wrote: each id once, with its edits and revokes; its reactions; and copies that say something else under the same id, of which there must be none.',
    },
    ({ device }) => {
      const of = device()
      const data = of.shown().map(one => ({ ...one, content: asJson(one.content) }))
      const conflicts = of.conflicts().map(one => ({ ...one, shown: asJson(one.shown), other: asJson(one.other) }))
      return { data, reactions: of.reactions(), conflicts }
    },
  ),
]

/** Bytes in base64. */
const asJson = (content: proto.IMessage): unknown => proto.Message.fromObject(content).toJSON()
