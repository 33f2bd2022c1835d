// The agreements of a contact's first message, made while the message before it is on its way into the log: the event loop has nothing to
// do then, and of what a first message takes longer than a later one they are the greatest part. A guess: what is not made here is made
// when libsignal asks for it (session_builder.js initSession, session_cipher.js maybeStepRatchet).
import type { AuthenticationCreds, BinaryNode, KeyPair } from '@whiskeysockets/baileys'
import type { Agreements } from './agree-on-keys.ts'
import { ephemeralKeyOf, type FirstMessage, firstMessagesIn } from './first-message.ts'

type Account = Pick<Agreements, 'agreeAhead'> & {
  creds: Pick<AuthenticationCreds, 'signedIdentityKey' | 'signedPreKey'>
  /** null: it is not in memory. */
  keptPreKey(id: number): KeyPair | null
}

/** Never throws. */
export function agreeOnFirst(node: BinaryNode, account: Account): void {
  for (const first of firstMessagesIn(node)) {
    try {
      for (const [theirs, ours] of agreementsOf(first, account)) account.agreeAhead(theirs, ours)
    } catch {
      // What is wrong with it, libsignal says in its turn.
    }
  }
}

function agreementsOf(first: FirstMessage, { creds, keptPreKey }: Account): readonly (readonly [Uint8Array, Uint8Array])[] {
  const { baseKey, identityKey, preKeyId } = first
  const [identity, signed] = [creds.signedIdentityKey.private, creds.signedPreKey.keyPair.private]
  const preKey = keptPreKey(preKeyId)
  return [
    [baseKey, identity],
    [identityKey, signed],
    [baseKey, signed],
    ...(preKey === null ? [] : ([[baseKey, preKey.private]] as const)),
    [ephemeralKeyOf(first), signed],
  ]
}
