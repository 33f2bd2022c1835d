// What happens to one encrypted stanza part inside the transaction of its ratchet (take-part.ts): the append of its events is begun, then its
// step is set together with the memory of it; Baileys hears of it once both are as durable as they have to be. One that does not decrypt is in
// the log as well, before that is answered.

import type { OwnAddresses } from '../../convert/jid.ts'
import { stanzaPartKey } from '../../convert/stanza-identity.ts'
import { describeError, type Logger } from '../../runtime/logger.ts'
import type { ProducerMetrics } from '../producer-metrics.ts'
import type { SocketLife } from '../socket-life.ts'
import { type AppendedStanzaParts, appendedPartsType } from './appended-stanza-parts.ts'
import { nothing } from './begun.ts'
import type { Ingest } from './ingest.ts'
import { type EncodedPart, endOfLookAhead, senderKeyIn } from './stanza-parts.ts'
import type { Answer, DecryptedStanzaPart, StanzaPartGate } from './take-part.ts'
import type { TracedStanzas } from './traced-stanzas.ts'
import type { UntoldParts } from './untold-parts.ts'

export type GateDeps = {
  ingest: Ingest
  parts: AppendedStanzaParts
  untold: UntoldParts
  life: SocketLife
  own(): OwnAddresses
  logger: Logger
  metrics: ProducerMetrics
}

/** What Baileys answers with NACK 487 and no retry receipt (MISSING_KEYS_ERROR_TEXT in lib/Utils/decode-wa-message.js). */
const alreadyUsed = 'Key used already or never filled'

export function createStanzaPartGate(deps: GateDeps, stanzas: TracedStanzas): StanzaPartGate {
  const { ingest, parts, untold, life, logger, metrics } = deps
  const keyOf = (part: EncodedPart) => stanzaPartKey(ingest.read(part.node), part)

  const decrypted: StanzaPartGate['decrypted'] = async decryptedPart => {
    const { ciphertext, plaintext, changesIdentity, keep } = decryptedPart
    const part = stanzas.partOf(ciphertext)
    if (part === undefined) throw new Error('gating a decrypted part: it belongs to no stanza that came through the gate')
    const stanza = ingest.read(part.node)
    const begun = await ingest.message({ ...part, plaintext, isPadded: true })
    stanzas.begun(part.node, begun)
    const end = stanza.fromMe ? endOfLookAhead(plaintext) : 'nobody'
    if (end !== 'nobody' || changesIdentity) stanzas.endLookAhead(part.node, end === 'nobody' ? 'sender' : end)
    await takeSenderKey(part, decryptedPart)
    const key = stanzaPartKey(stanza, part)
    await keep(appendedPartsType, parts.add(key))
    untold.keep(key, plaintext)
    return begun
  }

  async function takeSenderKey(part: EncodedPart, { plaintext, processSenderKey }: DecryptedStanzaPart): Promise<void> {
    const senderKey = senderKeyIn(part, plaintext)
    const refusal = senderKey === null ? null : await processSenderKey(senderKey)
    // The message is whole without it; what the key would open comes again through retry receipts.
    if (refusal !== null) logger.warn('sender-key.refused', { error: describeError(refusal) })
  }

  function knownPart(part: EncodedPart): Answer {
    const plaintext = untold.find(keyOf(part))
    if (plaintext === undefined) return { error: new Error(alreadyUsed) }
    const senderKey = senderKeyIn(part, plaintext)
    return { plaintext, senderKeys: senderKey === null ? [] : [senderKey] }
  }

  const failed: StanzaPartGate['failed'] = async ({ ciphertext, error }) => {
    const part = stanzas.partOf(ciphertext)
    // A key store that was given up makes Baileys see "no session": that says nothing about the message.
    if (part === undefined || life.isOver()) return { error, ...nothing }
    if (await parts.has(keyOf(part))) {
      stanzas.accounted(part.node)
      metrics.redelivered.inc()
      return { ...knownPart(part), ...nothing }
    }
    const begun = await ingest.undecryptable({ ...part, reason: describeError(error) })
    stanzas.begun(part.node, begun)
    stanzas.endLookAhead(part.node, 'sender')
    return { error, ...begun }
  }

  return { decrypted: part => orEnd(() => decrypted(part), deps), failed: part => orEnd(() => failed(part), deps) }
}

/**
 * What goes wrong here says nothing about the message, and Baileys would answer it with a NACK and a retry receipt: the socket goes
 * first, nothing is committed, and the stanza comes again.
 */
export async function orEnd<T>(work: () => Promise<T>, { life, logger }: Pick<GateDeps, 'life' | 'logger'>): Promise<T> {
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
