// What people see while a client works on a message: reactions of the account, given to WhatsApp once each, outside of commands and of their
// pace, and never tried again. None goes out behind the one that ends its session.
import { randomBytes } from 'node:crypto'
import type { OwnAddresses } from '../../convert/jid.ts'
import { buildMessage } from '../../convert/outgoing/build-message.ts'
import { messageIdOf } from '../../instances/command-ids.ts'
import type { ClaimedSign } from '../../instances/processing-signs.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { Send } from '../socket/send.ts'
import type { SocketLife } from '../socket-life.ts'

export type Signs = {
  /**
   * `at`: epoch ms, before it was claimed, so that what ends its session is later on every phone. false: it is left out, as the last one of the
   * message is still on its way.
   */
  show(sign: ClaimedSign, at: number): boolean
  /** As the socket's, for commands: a reaction goes out behind every sign of its message that was claimed before. */
  relay: Send['relay']
  /** Resolves once none is on its way. */
  idle(): Promise<void>
}
type Deps = {
  life: Pick<SocketLife, 'isOver'>
  send: Pick<Send, 'relay'>
  own(): OwnAddresses
  /** Resolves once all are shown, or left out, that are being claimed now. */
  claimed(): Promise<void>
  logger: Logger
  metrics: Pick<ProducerMetrics, 'signs'>
}

const signs = ['🔄', '⏳'] as const

export function createSigns({ life, send, own, claimed, logger, metrics }: Deps): Signs {
  /** By the message that they are of. */
  const onTheirWay = new Map<string, Promise<void>>()

  async function give(sign: ClaimedSign, at: number): Promise<void> {
    try {
      await send.relay(outgoingOf(sign, { at, own: own() }))
      metrics.signs.inc({ outcome: 'shown' })
    } catch (error) {
      if (life.isOver()) return
      metrics.signs.inc({ outcome: 'refused' })
      const { instanceId, sessionId, nth } = sign
      logger.debug('processing.sign-not-shown', { instanceId, sessionId, nth, error })
    }
  }

  return {
    show: (sign, at) => {
      const { messageId } = sign
      if (life.isOver() || onTheirWay.has(messageId)) return false
      onTheirWay.set(
        messageId,
        give(sign, at).finally(() => onTheirWay.delete(messageId)),
      )
      return true
    },
    relay: async outgoing => {
      const messageId = outgoing.content.reactionMessage?.key?.id
      if (messageId) {
        await claimed()
        await onTheirWay.get(messageId)
      }
      await send.relay(outgoing)
    },
    idle: async () => void (await Promise.all(onTheirWay.values())),
  }
}

/** Two that differ never share an id: phones show the first copy under one. */
function outgoingOf({ chatId, messageId, target, nth, sessionId, epoch }: ClaimedSign, of: { at: number; own: OwnAddresses }) {
  const id = messageIdOf(`${sessionId} ${epoch} ${nth} ${of.at}`)
  const emoji = signs[nth % 2 === 1 ? 0 : 1] ?? signs[0]
  const body = { kind: 'reaction', chatId, targetMessageId: messageId, emoji, known: { target } } as const
  const given = { messageId: id, secret: randomBytes(32), now: of.at, askedAt: of.at, own: of.own, file: null }
  return { ...buildMessage(body, given), messageId: id }
}
