// The keys of a phone or companion as WhatsApp's stanzas have them.
import { type BinaryNode, encodeBigEndian, KEY_BUNDLE_TYPE, xmppPreKey, xmppSignedPreKey } from '@whiskeysockets/baileys'
import { node } from '../connection/stanza.ts'
import type { KeyBundle } from './peer.ts'

export const registrationNode = (registrationId: number): BinaryNode => node('registration', {}, encodeBigEndian(registrationId))

/** Baileys' writers take whole key pairs though only the public half travels. */
export function keyNodes({ identity, signedPreKey, preKey }: KeyBundle): BinaryNode[] {
  const publicOnly = (publicKey: Uint8Array) => ({ public: publicKey, private: new Uint8Array() })
  const { keyId, publicKey, signature } = signedPreKey
  return [
    node('type', {}, KEY_BUNDLE_TYPE),
    node('identity', {}, identity),
    xmppSignedPreKey({ keyId, keyPair: publicOnly(publicKey), signature }),
    ...(preKey === null ? [] : [xmppPreKey(publicOnly(preKey.publicKey), preKey.keyId)]),
  ]
}
