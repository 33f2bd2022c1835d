// What is sent for a command, as it is kept: made once, sealed before the first try, and every try sends these bytes.

import { proto } from '@whiskeysockets/baileys'
import { z } from 'zod'
import type { OwnAddresses } from '../../convert/jid.ts'
import { buildMessage, type Outgoing, type StanzaNode } from '../../convert/outgoing/build-message.ts'
import type { FileToSend } from '../../convert/outgoing/write-file.ts'
import type { SealedColumn } from '../../database/sealed-column.ts'
import { parseKeptBody } from '../../events/command-bodies.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Logger } from '../../runtime/logger.ts'
import { SealError, type Sealer } from '../../runtime/seal.ts'

/** `own`, `device`: as whom the account sends it, so that its event is the same whoever tells it. `content`: of the protobuf. */
export type BuiltMessage = Omit<Outgoing, 'content'> & { own: OwnAddresses; device: number; content: Buffer }

type BuildFrom = { own: OwnAddresses; device: number; secret: Uint8Array; now: number; file: FileToSend | null }
type Asked = Pick<ClaimedCommand, 'body' | 'message_id' | 'asked_at_ms'>

/** Throws what it cannot be made for. */
export function makeMessage({ body, message_id, asked_at_ms }: Asked, from: BuildFrom): BuiltMessage {
  const { own, device, ...rest } = from
  const given = { ...rest, messageId: message_id, own, askedAt: asked_at_ms }
  const { content, ...outgoing } = buildMessage(parseKeptBody(body), given)
  return { ...outgoing, own, device, content: Buffer.from(proto.Message.encode(content).finish()) }
}

/** What Baileys relays; decoded anew for each try, as it may change what it is given. */
export const contentOf = ({ content }: BuiltMessage): proto.IMessage => proto.Message.decode(content)

export type BuiltSeals = {
  seal(commandId: string, built: BuiltMessage): Buffer
  /** null: it is damaged, or of another shape; that is logged, and stops nobody. Throws SealError where its key is none of ours: it is not lost. */
  open(commandId: string, sealed: Buffer): BuiltMessage | null
}

const builtPlace = (instanceId: string, commandId: string) => `commands|${instanceId}|${commandId}`
export const sealedCommands: SealedColumn = {
  table: 'commands',
  column: 'built',
  key: { instance_id: 'text', command_id: 'text' },
  place: builtPlace,
}

export function createBuiltSeals({ sealer, logger }: { sealer: Sealer; logger: Logger }, instanceId: string): BuiltSeals {
  const contextOf = (commandId: string) => builtPlace(instanceId, commandId)
  return {
    seal: (commandId, { content, ...rest }) =>
      sealer.seal(Buffer.from(JSON.stringify({ ...rest, content: content.toString('base64') })), contextOf(commandId)),
    open: (commandId, sealed) => {
      try {
        const { content, ...rest } = kept.parse(JSON.parse(sealer.open(sealed, contextOf(commandId)).toString()))
        return { ...rest, content: Buffer.from(content, 'base64') }
      } catch (error) {
        if (error instanceof SealError ? error.keyId !== null : !(error instanceof z.ZodError)) throw error
        logger.warn('command.not-opened', { instanceId, commandId, error })
        return null
      }
    },
  }
}

const node: z.ZodType<StanzaNode> = z.object({
  tag: z.string(),
  attrs: z.record(z.string(), z.string()),
  content: z.exactOptional(z.lazy(() => node.array())),
})
const address = z.string().nullable()
const kept = z.object({
  to: z.string(),
  attributes: z.record(z.string(), z.string()),
  nodes: node.array(),
  own: z.object({ pn: address, lid: address }),
  device: z.number(),
  audience: z.exactOptional(z.array(z.string())),
  content: z.string(),
})
