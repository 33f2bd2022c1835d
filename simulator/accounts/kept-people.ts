// People with their keys and sessions, as plain data and back.
import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/index.js'
import libsignal from 'libsignal'
import type { Contact, Person } from './accounts.ts'
import { createPeer, type PeerState } from './peer.ts'

export type KeptPerson = { contact: Contact; senderKeySentTo: string[]; peer: KeptPeer }
type KeptPeer = Pick<PeerState, 'creds' | 'nextPreKeyId'> & {
  ownPreKeys: [number, PreKeys][]
  /** As libsignal and Baileys write theirs. */
  sessions: [string, unknown][]
  senderKeys: [string, unknown][]
}
type PreKeys = PeerState['ownPreKeys'] extends Map<number, infer Pair> ? Pair : never

export const keepPerson = ({ contact, peer, senderKeySentTo }: Person): KeptPerson => ({
  contact,
  senderKeySentTo: [...senderKeySentTo],
  peer: keepPeer(peer.state),
})

function keepPeer({ creds, ownPreKeys, nextPreKeyId, sessions, senderKeys }: PeerState): KeptPeer {
  const { registrationId, signedIdentityKey, signedPreKey } = creds
  return {
    creds: { registrationId, signedIdentityKey, signedPreKey },
    nextPreKeyId,
    ownPreKeys: [...ownPreKeys],
    sessions: [...sessions].map(([address, record]) => [address, record.serialize()]),
    senderKeys: [...senderKeys].map(([name, record]) => [name, record.serialize()]),
  }
}

export const readPerson = ({ contact, senderKeySentTo, peer }: KeptPerson): Person => ({
  contact,
  senderKeySentTo: new Set(senderKeySentTo),
  peer: createPeer({
    ...peer,
    ownPreKeys: new Map(peer.ownPreKeys),
    sessions: new Map(peer.sessions.map(([address, record]) => [address, libsignal.SessionRecord.deserialize(record as never)])),
    senderKeys: new Map(peer.senderKeys.map(([name, record]) => [name, new SenderKeyRecord(record as never)])),
  }),
})
