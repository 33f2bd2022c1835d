// The state the simulator's parts share: who exists, which companion is linked to which account, which socket is whose.
import type { proto } from '@whiskeysockets/baileys'
import type { Authority } from '../connection/authority.ts'
import type { Connection } from '../connection/connection.ts'
import type { Cdn } from '../media/cdn.ts'
import type { Accounts, Person } from './accounts.ts'
import type { MediaRetryAnswer } from './answer-media-retry.ts'
import type { PhoneAction } from './app-state/actions.ts'
import type { AppState } from './app-state/state.ts'
import type { SimDevice } from './device.ts'
import type { Announce } from './events.ts'
import type { GeneratedHistory } from './history/generated-history.ts'
import type { IqFaults } from './iq-faults.ts'
import type { LinkCode } from './link-code.ts'
import type { Marks } from './marks.ts'
import type { Pairing, Registration } from './pair-companion.ts'
import type { SignedPreKey } from './peer.ts'
import type { Queue } from './queue.ts'
import type { Sent } from './sent.ts'

export type World = {
  authority: Authority
  accounts: Accounts
  cdn: Cdn
  announce: Announce
  deviceOf(companion: Companion): SimDevice
  clients: Set<Client>
  /** Clients waiting to be paired, by each QR ref offered to them. */
  clientsByRef: Map<string, Client>
  /** What a client that asks to be linked by a code is refused with; null: it is not. */
  linkCodeRefusal: number | null
}

/** One socket; it is pairing until it logs in as a companion. */
export type Client = {
  connection: Connection
  registration: Registration | null
  pairing: Pairing | null
  /** The code that it has asked to be linked by last. */
  linkCode: LinkCode | null
  companion: Companion | null
  /** True once it has said `active`: the queue was flushed and new stanzas go out at once. */
  isActive: boolean
}

export type Account = {
  owner: Person
  companions: Map<number, Companion>
  nextCompanionId: number
  appState: AppState
  /** JIDs. */
  blocked: Set<string>
  /** By id; those that a companion followed or muted. */
  channels: Map<string, { isFollowed: boolean; isMuted: boolean }>
}

/** One linked device; everything about it outlives its connections. */
export type Companion = {
  account: Account
  id: number
  jid: string
  lidJid: string
  noiseKey: Buffer
  registrationId: number
  identity: Buffer
  signedPreKey: SignedPreKey
  /** One-time prekeys the client uploaded, not handed out yet. */
  preKeys: Map<number, Buffer>
  queue: Queue
  client: Client | null
  isRemoved: boolean
  loginRefusal: number | null
  messageRefusal: number | null
  /** What it sent so far, and what becomes of the next one. */
  sent: Sent
  iqFaults: IqFaults
  /** Attributes. */
  iqs: Readonly<Record<string, string>>[]
  marks: Marks
  /** What the owner does on the phone right before its next patch. */
  raced: PhoneAction[]
  mediaRetryAnswer: MediaRetryAnswer
  /** Messages by id, for media the phone may have to upload again. */
  contents: Map<string, proto.IMessage>
  /** By message id: what the phone hands over of messages that the companion got a placeholder for. WebMessageInfo. */
  withheld: Map<string, Uint8Array>
  /** Whether it asked at its link for all that the phone has, and not the recent alone. */
  wantsFullHistory: boolean
  /** Whether its phone has shared the key of its app state with it, or keeps it to itself until it is told to; null: neither yet. */
  appStateKey: 'shared' | 'withheld' | null
  /** What its phone shared last, of which it may ask for more. */
  history: GeneratedHistory | null
  /** Runs encryptions one at a time, in call order: queue order is call order. */
  inOrder<T>(work: () => Promise<T>): Promise<T>
}
