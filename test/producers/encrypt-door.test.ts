// Whatever of Baileys' repository encrypts goes through one door: what another version of Baileys can do more has to be judged first.
import { addTransactionCapability, DEFAULT_CONNECTION_CONFIG, initAuthCreds } from '@whiskeysockets/baileys'
import { expect, test } from 'vitest'
import { createEncryptDoor } from '../../src/producers/gate/encrypt-door.ts'
import { quiet } from '../ground/producers/signal-peer.ts'

/** Makes no bytes that a peer gets, and no session to make some with. */
const makesNothing = [
  'close',
  'decryptGroupMessage',
  'decryptMessage',
  'deleteSession',
  'getSessionInfo',
  'hasSenderKey',
  'jidToSignalProtocolAddress',
  'migrateSession',
  'processSenderKeyDistributionMessage',
  'validateSession',
]

test('[B2] each function of Baileys’ repository is behind the door of what encrypts, or known to make nothing', () => {
  const store = { get: async () => ({}), set: async () => undefined }
  const keys = addTransactionCapability(store, quiet, { maxCommitRetries: 1, delayBetweenTriesMs: 1 })
  const repository = DEFAULT_CONNECTION_CONFIG.makeSignalRepository({ creds: initAuthCreds(), keys }, quiet)
  const door = Object.keys(createEncryptDoor({ repository, keys, flush: async () => undefined, until: () => null }))
  expect(Object.keys(repository).toSorted()).toEqual([...door, ...makesNothing, 'lidMapping'].toSorted())
  repository.close?.()
})
