// Key bundles on the wire, as a retry receipt carries them, both ways.
import { type BinaryNode, encodeBigEndian, KEY_BUNDLE_TYPE, xmppPreKey, xmppSignedPreKey } from '@whiskeysockets/baileys'
import type { KeyBundle } from '../../../../simulator/accounts/peer.ts'
import { bytes, child, findChild, uint } from '../../../../simulator/connection/stanza.ts'

/** null: it brings none. */
export function bundleIn(retryReceipt: BinaryNode): KeyBundle | null {
  const keys = findChild(retryReceipt, 'keys')
  if (keys === undefined) return null
  const signed = child(keys, 'skey')
  const preKey = findChild(keys, 'key')
  return {
    registrationId: uint(child(retryReceipt, 'registration')),
    identity: bytes(child(keys, 'identity')),
    signedPreKey: {
      keyId: uint(child(signed, 'id')),
      publicKey: bytes(child(signed, 'value')),
      signature: bytes(child(signed, 'signature')),
    },
    preKey: preKey === undefined ? null : { keyId: uint(child(preKey, 'id')), publicKey: bytes(child(preKey, 'value')) },
  }
}

/** Somebody could not read a message of the account, and asks for it with keys of their own. */
export function retryReceipt(attrs: Record<string, string>, bundle: KeyBundle): BinaryNode {
  const publicOnly = (publicKey: Uint8Array) => ({ public: publicKey, private: new Uint8Array() })
  const { keyId, publicKey, signature } = bundle.signedPreKey
  const keys: BinaryNode[] = [
    { tag: 'type', attrs: {}, content: Buffer.from(KEY_BUNDLE_TYPE) },
    { tag: 'identity', attrs: {}, content: Buffer.from(bundle.identity) },
    xmppSignedPreKey({ keyId, keyPair: publicOnly(publicKey), signature }),
  ]
  if (bundle.preKey !== null) keys.push(xmppPreKey(publicOnly(bundle.preKey.publicKey), bundle.preKey.keyId))
  return {
    tag: 'receipt',
    attrs: { ...attrs, type: 'retry', t: '1700000000' },
    content: [
      { tag: 'retry', attrs: { count: '1', id: attrs.id ?? '', t: '1700000000', v: '1' } },
      { tag: 'registration', attrs: {}, content: encodeBigEndian(bundle.registrationId) },
      { tag: 'keys', attrs: {}, content: keys },
    ],
  }
}
