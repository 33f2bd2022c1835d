// The agreements of a contact's first message, made while the message before it is on its way into the log: the event loop has nothing to
// do then, and of what a first message takes longer than a later one they are the greatest part. A guess: what is not made here is made
// when libsignal asks for it (session_builder.js initSession, session_cipher.js maybeStepRatchet).
import type { AuthenticationCreds, BinaryNode, KeyPair } from '@whiskeysockets/baileys'
import { createLru } from '../../runtime/lru.ts'
import type { Agreements } from './agree-on-keys.ts'
import { ephemeralKeyOf, type FirstMessage, firstMessagesIn } from './first-message.ts'

type Account = Pick<Agreements, 'agreeAhead'> & {
  creds: Pick<AuthenticationCreds, 'signedIdentityKey' | 'signedPreKey'>
  /** null: it is not in memory. */
  keptPreKey(id: number): KeyPair | null
}

/** Contacts repeat the keys of their first message until they are answered. */
const maxAgreed = 256

/** Of one account. What it answers never throws. */
export function createFirstAgreements(account: Account): (node: BinaryNode) => void {
  const agreed = createLru<true>(maxAgreed)
  return node => {
    for (const first of firstMessagesIn(node)) {
      const name = Buffer.from(first.baseKey).toString('latin1')
      if (agreed.get(name)) continue
      agreed.set(name, true)
      agreeOn(first, account)
    }
  }
}

function agreeOn(first: FirstMessage, account: Account): void {
  try {
    for (const { theirs, ours, isLasting } of agreementsOf(first, account)) account.agreeAhead(theirs, ours, { isLasting })
  } catch {
    // What is wrong with it, libsignal says when it comes to the message.
  }
}

type Agreement = { theirs: Uint8Array; ours: Uint8Array; isLasting: boolean }

function agreementsOf(first: FirstMessage, { creds, keptPreKey }: Account): readonly Agreement[] {
  const { baseKey, identityKey, preKeyId } = first
  const [identity, signed] = [creds.signedIdentityKey.private, creds.signedPreKey.keyPair.private]
  const preKey = keptPreKey(preKeyId)
  return [
    { theirs: baseKey, ours: identity, isLasting: true },
    { theirs: identityKey, ours: signed, isLasting: true },
    { theirs: baseKey, ours: signed, isLasting: true },
    ...(preKey === null ? [] : [{ theirs: baseKey, ours: preKey.private, isLasting: false }]),
    { theirs: ephemeralKeyOf(first), ours: signed, isLasting: true },
  ]
}
