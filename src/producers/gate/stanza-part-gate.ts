// What happens to one encrypted stanza part inside the transaction of its ratchet (gated-repository.ts): its events are appended, then its step is
// committed together with the memory of it, then Baileys sends the receipt. One that does not decrypt is in the log as well, before that is
// answered.
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { OwnAddresses } from '../convert/jid.ts'
import { stanzaPartKey } from '../convert/stanza-identity.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { SocketLife } from '../socket-life.ts'
import { type AppendedStanzaParts, appendedPartsType } from './appended-stanza-parts.ts'
import type { DecryptedStanzaPart, StanzaPartGate } from './gated-repository.ts'
import type { Ingest } from './ingest.ts'
import { type EncodedPart, senderKeyIn } from './stanza-parts.ts'
import type { TracedStanzas } from './traced-stanzas.ts'

export type GateDeps = {
  ingest: Ingest
  parts: AppendedStanzaParts
  life: SocketLife
  own(): OwnAddresses
  logger: Logger
  metrics: ProducerMetrics
}

/** What Baileys answers with NACK 487 and no retry receipt (MISSING_KEYS_ERROR_TEXT in lib/Utils/decode-wa-message.js). */
const alreadyUsed = 'Key used already or never filled'

export function createStanzaPartGate(deps: GateDeps, stanzas: TracedStanzas): StanzaPartGate {
  const { ingest, parts, life, logger, metrics } = deps
  const keyOf = (part: EncodedPart) => stanzaPartKey(ingest.read(part.node), part)

  const decrypted: StanzaPartGate['decrypted'] = async decryptedPart => {
    const { ciphertext, plaintext, keep } = decryptedPart
    const part = stanzas.partOf(ciphertext)
    if (part === undefined) throw new Error('gating a decrypted part: it belongs to no stanza that came through the gate')
    // A poll's secret, which opens its votes, is in the raw bytes of its event.
    await stanzas.account(part.node, () => ingest.message({ ...part, plaintext, isPadded: true }))
    await takeSenderKey(part, decryptedPart)
    await keep(appendedPartsType, parts.add(keyOf(part)))
  }

  async function takeSenderKey(part: EncodedPart, { plaintext, processSenderKey }: DecryptedStanzaPart): Promise<void> {
    const senderKey = senderKeyIn(part, plaintext)
    const refusal = senderKey === null ? null : await processSenderKey(senderKey)
    // The message is whole without it; what the key would open comes again through retry receipts.
    if (refusal !== null) logger.warn('sender-key.refused', { error: describeError(refusal) })
  }

  const failed: StanzaPartGate['failed'] = async ({ ciphertext, error }) => {
    const part = stanzas.partOf(ciphertext)
    // A key store that was given up makes Baileys see "no session": that says nothing about the message.
    if (part === undefined || life.isOver()) return error
    if (await parts.has(keyOf(part))) {
      stanzas.accounted(part.node)
      metrics.redelivered.inc()
      return new Error(alreadyUsed)
    }
    await stanzas.account(part.node, () => ingest.undecryptable({ ...part, reason: describeError(error) }))
    return error
  }

  return { decrypted: part => orEnd(() => decrypted(part), deps), failed: part => orEnd(() => failed(part), deps) }
}

/**
 * What goes wrong here says nothing about the message, and Baileys would answer it with a NACK and a retry receipt: the socket goes
 * first, nothing is committed, and the stanza comes again.
 */
async function orEnd<T>(work: () => Promise<T>, { life, logger }: GateDeps): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!life.isOver()) {
      logger.warn('stanza.not-taken', { error })
      life.terminate('not-taken')
    }
    throw error
  }
}
