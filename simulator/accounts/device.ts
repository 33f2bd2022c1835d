// One linked companion as tests and scripts see it: what they can send it, do to it, and learn about it.
import type { BinaryNode } from '@whiskeysockets/baileys'
import { node, secondsNow } from '../connection/stanza.ts'
import { openMedia } from '../media/open-media.ts'
import type { Contact, Group } from './accounts.ts'
import type { MediaRetryAnswer } from './answer-media-retry.ts'
import type { PhoneAction } from './app-state/actions.ts'
import { actOnPhone, shareAppState } from './app-state/app-state.ts'
import { openRecords, type StateRecord } from './app-state/take-patch.ts'
import { changeGroup, type GroupChange, tellGroupsAreDirty } from './change-group.ts'
import type { MessageContent } from './content.ts'
import { deliver, redeliver } from './deliver.ts'
import type { HistoryMessage } from './history/history-message.ts'
import { prepareHistory, type SharedHistory, type ShareOptions, shareHistory } from './history/share-history.ts'
import { type IqAnswer, iqFaultsLeft, setIqFault } from './iq-faults.ts'
import { copyMarks, type Marks } from './marks.ts'
import type { Conflict, ReactionShown, Shown } from './phones.ts'
import type { Settlement } from './queue.ts'
import {
  type CallStep,
  type ChannelChange,
  type Presence,
  sayBlocked,
  sayCall,
  sayChannel,
  sayPresence,
} from './say-otherwise.ts'
import { type HistoryChunk, type HistoryOptions, type SentChunk, sendHistory } from './send-history.ts'
import { type SendOptions, sealMessage, sendChat, sendFromPhone, sendGroup } from './send-message.ts'
import { type MessageFault, type PeopleReceipts, type StanzaSent, setFault } from './sent.ts'
import { type StreamError, sendStreamError } from './stream-error.ts'
import { type Withheld, withhold } from './withhold.ts'
import type { Companion, World } from './world.ts'

export type Receipt = { messageIds: readonly string[]; from: Contact; group?: Group; type?: 'read' | 'played' }

export type SimDevice = {
  /** Digits. */
  pn: string
  deviceId: number
  /** With the device: `pn:id@s.whatsapp.net` and `lid:id@lid`. */
  jid: string
  lidJid: string
  /** The account's owner, as a contact. */
  owner: Contact
  /** True from the client's `active` until its connection ends. */
  isOnline(): boolean
  /** True once logged out by either side; later logins are refused with 401. */
  isRemoved(): boolean
  /** Ids of the stanzas not settled yet, in delivery order. */
  pending(): readonly string[]
  /** What the client did with each stanza, in order. */
  settled(): readonly Settlement[]
  /** A contact's 1:1 message. Resolves with its id once queued; messages leave in the order of the calls. */
  send(from: Contact, content: MessageContent, options?: SendOptions): Promise<string>
  /** The same message, sealed now and sent by pushStanza later, in the order of the calls: its phone does nothing then. */
  seal(from: Contact, content: MessageContent, options?: SendOptions): Promise<BinaryNode>
  sendGroup(group: Group, from: Contact, content: MessageContent, options?: SendOptions): Promise<string>
  /** As `seal`. Any companion that has the sender's key in that group reads the same stanza. */
  sealGroup(group: Group, from: Contact, content: MessageContent, options?: SendOptions): Promise<BinaryNode>
  /** The owner writes on the phone; the companion gets a copy with fromMe. */
  sendFromPhone(to: Contact | Group, content: MessageContent, options?: SendOptions): Promise<string>
  /** The companion gets a placeholder instead of a message; its phone hands that over when it is asked, where it has it. Answers the id. */
  withhold(message: Withheld): string
  /** A contact's receipt for messages the owner sent; without type it says delivered. */
  receipt(of: Receipt): void
  /** Somebody changes a group that the owner is in. Answers the notification's id. */
  changeGroup(group: Group, by: Contact, change: GroupChange): string
  /** Says that its list of groups is out of date: the companion asks for all of them. */
  dirtyGroups(): void
  /** Answers the stanza's id. */
  call(step: CallStep): string
  /** That somebody is there or not reaches a companion that has subscribed to it, through the connection that it has now. */
  presence(presence: Presence): void
  /** Answers the notification's id. */
  changeChannel(change: ChannelChange): string
  /** The owner blocks somebody on the phone, or does not any more. Answers the notification's id. */
  block(who: Contact, on: boolean): string
  /** One chunk of the phone's history, of these messages. Resolves with the id of its notification. */
  historySync(messages: readonly HistoryMessage[], options?: HistoryOptions): Promise<string>
  /** One chunk, of all that phones say in one. */
  historyChunk(chunk: HistoryChunk): Promise<SentChunk>
  /** So many messages with all that is beside them, in chunks made on the fly, as phones share theirs after a link. */
  shareHistory(options: ShareOptions): Promise<SharedHistory>
  /** The same made ahead and kept in memory; `tell` queues the notifications. */
  prepareHistory(options: ShareOptions): Promise<{ tell(): Promise<readonly SentChunk[]> }>
  /** What the owner does on the phone that is app state, in one patch for each collection; every companion is told. */
  act(...actions: readonly PhoneAction[]): void
  /** The same right before the companion’s next patch comes, which conflicts with it. */
  actBeforePatch(...actions: readonly PhoneAction[]): void
  /** The phone shares the key of its app state with the companion, which reads nothing of it until then. */
  shareAppState(): Promise<string>
  /** Its phone does not do so by itself. */
  withholdAppState(): void
  /** See Companion. */
  appStateKey(): Companion['appStateKey']
  /** Whom the account has blocked, from the next question on; nobody is told. */
  setBlocked(jids: readonly string[]): void
  /** Any stanza, queued like the others; needs an id. */
  pushStanza(stanza: BinaryNode): void
  /** Sends stanzas again byte for byte, settled or not: those with these ids, or all that are remembered. Returns how many. */
  redeliver(ids?: readonly string[]): number
  /** As if the companion had answered this contact: its next messages are `msg`, no longer `pkmsg`. */
  establishSession(from: Contact): void
  streamError(kind: StreamError): void
  /** Says nothing through the connection that it has now, which stays open, as a link that is dead and that nothing has cut. */
  fallSilent(): void
  /** Cuts the connection without a word. */
  drop(): void
  /** Answers the next logins with `<failure reason=code>`; null lets them in again. */
  refuseLogin(code: number | null): void
  /** Acknowledges the companion's messages with this error; null accepts them again. */
  refuseMessages(code: number | null): void
  /** What becomes of the messages that the companion sends from now on, or of so many; then they are acknowledged and delivered again. */
  answerMessages(fault: MessageFault, times?: number): void
  /** What becomes of the companion's next iqs. */
  answerIqs(answer: IqAnswer): void
  /** The attributes of those iqs that it asked or ordered last, the oldest first. */
  iqs(): readonly Readonly<Record<string, string>>[]
  /** How many iqs are still to come of which answerIqs said what becomes. */
  iqFaultsLeft(): number
  /** Whom the account has blocked. */
  blocked(): readonly string[]
  /** What is in the app state now, in no order. */
  appState(): readonly StateRecord[]
  /** Channels that a companion followed or muted, by id. */
  channels(): ReadonlyMap<string, { isFollowed: boolean; isMuted: boolean }>
  /** What the companion said of presences and calls. */
  marks(): Marks
  /** What recipients' phones say of what they get from now on [none]. */
  receipts(of: PeopleReceipts): void
  /**
   * A phone cannot read the next message that comes to it, or so many, copies under one id counted each: it asks for it again by a
   * retry receipt, from the second one on with keys. Its companion's own phone can be told so, too.
   */
  failToRead(by: Contact, times?: number): void
  /** The companion's next question for devices, or so many, is not answered with this person's. */
  hideDevices(of: Contact, times?: number): void
  /** Every message that the companion sent, by id, in order, whatever became of it; not what it asks its own phone for. */
  stanzasSent(): readonly StanzaSent[]
  /** What phones show of what the companion wrote: each id once in its chat, in the order of arrival. */
  shown(): readonly Shown[]
  /** Of a message that phones show: its file, as a phone that fetches it proves and opens it. Throws where none would show it. */
  fileShown(messageId: string): Buffer
  /** The account's reactions that phones show, to whosever message. */
  reactions(): readonly ReactionShown[]
  /** Copies that came under an id which a phone has with other content: there must be none. */
  conflicts(): readonly Conflict[]
  /** What the phone does when asked to upload media again: upload [default], one of WhatsApp's refusals, or nothing. */
  answerMediaRetry(answer: MediaRetryAnswer): void
}

export function createDevice(world: World, companion: Companion): SimDevice {
  const { owner } = companion.account
  return {
    pn: owner.contact.pn,
    deviceId: companion.id,
    jid: companion.jid,
    lidJid: companion.lidJid,
    owner: owner.contact,
    isOnline: () => companion.client?.isActive ?? false,
    isRemoved: () => companion.isRemoved,
    pending: () => companion.queue.pending().map(entry => entry.id),
    settled: () => companion.queue.settled(),
    send: (from, content, options = {}) => sendChat(world, companion, { from, content, options }),
    seal: (from, content, options = {}) => sealMessage(world, companion, { group: null, from, content, options }),
    sendGroup: (group, from, content, options = {}) => sendGroup(world, companion, { group, from, content, options }),
    sealGroup: (group, from, content, options = {}) => sealMessage(world, companion, { group, from, content, options }),
    sendFromPhone: (to, content, options = {}) => sendFromPhone(world, companion, { to, content, options }),
    withhold: message => withhold(companion, message),
    receipt: receipt => deliver(companion, receiptStanza(receipt)),
    changeGroup: (group, by, change) => changeGroup(world, companion, { group, by, change }),
    dirtyGroups: () => tellGroupsAreDirty(companion),
    call: step => sayCall(companion, step),
    presence: presence => sayPresence(companion, presence),
    changeChannel: change => sayChannel(companion, change),
    block: (who, on) => sayBlocked(companion, { who, on }),
    historySync: async (messages, options = {}) => (await sendHistory(world, companion, { ...options, messages })).id,
    historyChunk: chunk => sendHistory(world, companion, chunk),
    shareHistory: options => shareHistory(world, companion, options),
    prepareHistory: options => prepareHistory(world, companion, options),
    act: (...actions) => actOnPhone(companion.account, actions),
    actBeforePatch: (...actions) => void companion.raced.push(...actions),
    shareAppState: () => shareAppState(companion),
    withholdAppState: () => {
      companion.appStateKey = 'withheld'
    },
    appStateKey: () => companion.appStateKey,
    setBlocked: jids => {
      companion.account.blocked = new Set(jids)
    },
    pushStanza: stanza => deliver(companion, stanza),
    redeliver: ids => redeliver(companion, ids),
    establishSession: from => world.accounts.person(from).peer.establishSession(companion.jid),
    streamError: kind => sendStreamError(companion, kind),
    fallSilent: () => companion.client?.connection.hush(),
    drop: () => companion.client?.connection.cut(),
    refuseLogin: code => {
      companion.loginRefusal = code
    },
    refuseMessages: code => {
      companion.messageRefusal = code
    },
    answerMessages: (fault, times) => setFault(companion.sent, fault, times),
    answerIqs: answer => setIqFault(companion.iqFaults, answer),
    ...whatCameOf(world, companion),
    receipts: of => {
      companion.sent.receipts = of
    },
    failToRead: (by, times = 1) => void companion.sent.unreadable.set(by.pn, times),
    hideDevices: (of, times = 1) => void companion.sent.unnamed.set(of.pn, times),
    answerMediaRetry: answer => {
      companion.mediaRetryAnswer = answer
    },
  }
}

/** What the companion asked and sent, and what became of it. */
const whatCameOf = (world: World, companion: Companion) => ({
  iqs: () => companion.iqs,
  iqFaultsLeft: () => iqFaultsLeft(companion.iqFaults),
  blocked: () => [...companion.account.blocked],
  appState: () => openRecords(companion.account.appState),
  channels: () => new Map(structuredClone(companion.account.channels)),
  marks: () => copyMarks(companion.marks),
  stanzasSent: () => [...companion.sent.stanzas.values()].map(stanza => ({ ...stanza })),
  shown: companion.sent.phones.shown,
  fileShown: (messageId: string) => openShown(world, companion, messageId),
  reactions: companion.sent.phones.reactions,
  conflicts: companion.sent.phones.conflicts,
})

function receiptStanza({ messageIds, from, group, type }: Receipt): BinaryNode {
  const [id, ...others] = messageIds
  if (id === undefined) throw new Error('sending a receipt: expected at least one message id')
  const items = others.map(otherId => node('item', { id: otherId }))
  return node(
    'receipt',
    { id, from: group?.id ?? from.lidJid, participant: group && from.lidJid, type, t: secondsNow() },
    items.length > 0 ? [node('list', {}, items)] : undefined,
  )
}

function openShown({ cdn }: World, { sent }: Companion, messageId: string): Buffer {
  const shown = sent.phones.shown().find(one => one.messageId === messageId)
  if (shown === undefined) throw new Error(`opening the file of ${messageId}: no phone shows that message`)
  return openMedia(cdn, shown.content)
}
